CREATE TABLE "usage_events" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "provider" TEXT NOT NULL,
    "endpoint" TEXT NOT NULL,
    "transport" TEXT NOT NULL,
    "request_model" TEXT,
    "response_model" TEXT,
    "model" TEXT NOT NULL,
    "request_service_tier" TEXT,
    "response_service_tier" TEXT,
    "outcome" TEXT NOT NULL,
    "measurement" TEXT NOT NULL,
    "provider_key" TEXT NOT NULL,
    "status" INTEGER NOT NULL,
    "provider_request_id" TEXT,
    "credential" TEXT NOT NULL,
    "api_key_id" UUID,
    "service_account_id" TEXT,
    "user_id" TEXT,
    "participant" TEXT,
    "on_behalf_of" TEXT,
    "room" TEXT,
    "client" TEXT,
    "annotations" JSONB NOT NULL,
    "usage" JSONB,
    "request_facts" JSONB NOT NULL,
    "price_version" TEXT NOT NULL,
    "provider_cost_nano" BIGINT NOT NULL,
    "surcharge_nano" BIGINT NOT NULL,
    "total_nano" BIGINT NOT NULL,
    "unpriced_types" JSONB NOT NULL,
    "first_byte_ms" DOUBLE PRECISION,
    "duration_ms" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "usage_events_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "usage_events_project_id_occurred_at_idx" ON "usage_events"("project_id", "occurred_at");

CREATE TABLE "line_items" (
    "event_id" UUID NOT NULL,
    "position" SMALLINT NOT NULL,
    "type" TEXT NOT NULL,
    "quantity" DECIMAL(30,9) NOT NULL,
    "unit_price_pico" BIGINT NOT NULL,
    "amount_nano" BIGINT NOT NULL,

    CONSTRAINT "line_items_pkey" PRIMARY KEY ("event_id","position")
);

-- Rows of the running day are updated in place all the time: leave room for their next version on the page.
CREATE TABLE "usage_totals" (
    "project_id" UUID NOT NULL,
    "day" DATE NOT NULL,
    "dimensions_key" UUID NOT NULL,
    "user_id" TEXT,
    "participant" TEXT,
    "service_account_id" TEXT,
    "room" TEXT,
    "api_key_id" UUID,
    "client" TEXT,
    "provider" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "quantity" DECIMAL(38,9) NOT NULL,
    "amount_nano" BIGINT NOT NULL,
    "events" BIGINT NOT NULL,

    CONSTRAINT "usage_totals_pkey" PRIMARY KEY ("project_id","day","dimensions_key")
) WITH (fillfactor = 70);
