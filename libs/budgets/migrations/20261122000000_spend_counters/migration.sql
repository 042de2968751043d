-- Events that were counted. Written in the transaction that counts them, so that a second delivery adds nothing.
CREATE TABLE counted_events (
  event_id uuid PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
CREATE INDEX counted_events_expires_at ON counted_events (expires_at);

-- The window is part of the key: a new day or month starts a new row, and no row is ever reset.
CREATE TABLE spend_counters (
  project_id uuid NOT NULL,
  window_kind text NOT NULL CHECK (window_kind IN ('day', 'month')),
  window_start date NOT NULL,
  scope text NOT NULL,
  -- Nano-dollars.
  amount_nano bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, window_kind, window_start, scope)
) WITH (fillfactor = 70);
CREATE INDEX spend_counters_expires_at ON spend_counters (expires_at);
