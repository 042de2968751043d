-- Answers with something unpriced are few; the report on them must not read all the others.
CREATE INDEX "usage_events_unpriced" ON "usage_events"("occurred_at") WHERE "unpriced_types" <> '[]'::jsonb;
