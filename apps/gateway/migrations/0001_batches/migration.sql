-- Batches that were created through the gateway: whose they are, and whether their results were billed.
CREATE TABLE batches (
  provider text NOT NULL,
  batch_id text NOT NULL,
  project_id uuid NOT NULL,
  -- Who pays the provider: 'managed' or 'project'.
  provider_key text NOT NULL,
  models text[] NOT NULL,
  attribution jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  next_look_at timestamptz NOT NULL,
  -- Every result was seen and its event recorded, or there is nothing more to see.
  settled_at timestamptz,
  PRIMARY KEY (provider, batch_id)
);

CREATE INDEX batches_to_look_at ON batches (next_look_at) WHERE settled_at IS NULL;
