-- The stream as a log: one row per message, dense offsets per partition, one row of progress per group and partition.

CREATE TABLE topics (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  partitions integer NOT NULL CHECK (partitions > 0)
);

-- next_offset is the lock of the partition: whoever appends holds this row until the commit, so that offsets become visible in their order.
CREATE TABLE partitions (
  topic_id integer NOT NULL REFERENCES topics,
  partition integer NOT NULL,
  next_offset bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (topic_id, partition)
) WITH (fillfactor = 50);

CREATE TABLE messages (
  topic_id integer NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  id text NOT NULL,
  key text NOT NULL,
  value bytea NOT NULL,
  published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (topic_id, partition, "offset")
);

-- Living consumers. An owner without a living row here owns nothing.
CREATE TABLE consumers (
  topic_id integer NOT NULL REFERENCES topics,
  group_name text NOT NULL,
  member uuid NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (topic_id, group_name, member)
) WITH (fillfactor = 50);

CREATE TABLE progress (
  topic_id integer NOT NULL,
  group_name text NOT NULL,
  partition integer NOT NULL,
  -- Offset of the first message that is not committed.
  committed bigint NOT NULL DEFAULT 0,
  owner uuid,
  PRIMARY KEY (topic_id, group_name, partition),
  FOREIGN KEY (topic_id, partition) REFERENCES partitions
) WITH (fillfactor = 50);

CREATE TABLE set_aside (
  topic_id integer NOT NULL REFERENCES topics,
  group_name text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  id text NOT NULL,
  key text NOT NULL,
  value bytea NOT NULL,
  reason text NOT NULL,
  set_aside_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (topic_id, group_name, partition, "offset")
);

-- Appends a batch, all or nothing, and wakes the consumers at the commit. The values travel as one byte string that `lengths` cuts up,
-- because an array of byte strings is twice as long on the wire and slow to read.
CREATE FUNCTION append(p_topic integer, p_partitions integer[], p_ids text[], p_keys text[], p_lengths integer[], p_values bytea) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_inserted integer;
BEGIN
  -- In the order of the partitions, so that two appends never wait for each other.
  PERFORM 1 FROM usage_stream.partitions WHERE topic_id = p_topic AND partition = ANY (p_partitions) ORDER BY partition FOR NO KEY UPDATE;
  WITH incoming AS (
    SELECT m.partition, m.id, m.key, m.length,
      sum(m.length) OVER (ORDER BY m.ordinal) - m.length AS start,
      row_number() OVER (PARTITION BY m.partition ORDER BY m.ordinal) - 1 AS place
    FROM unnest(p_partitions, p_ids, p_keys, p_lengths) WITH ORDINALITY AS m (partition, id, key, length, ordinal)
  )
  INSERT INTO usage_stream.messages (topic_id, partition, "offset", id, key, value)
  SELECT p_topic, i.partition, p.next_offset + i.place, i.id, i.key, substring(p_values FROM i.start::integer + 1 FOR i.length)
  FROM incoming i JOIN usage_stream.partitions p ON p.topic_id = p_topic AND p.partition = i.partition;
  GET DIAGNOSTICS v_inserted = ROW_COUNT;
  IF v_inserted <> cardinality(p_ids) THEN
    RAISE EXCEPTION 'only % of % messages belong to a partition of topic %', v_inserted, cardinality(p_ids), p_topic;
  END IF;
  UPDATE usage_stream.partitions p SET next_offset = p.next_offset + n.count
  FROM (SELECT m.partition, count(*) FROM unnest(p_partitions) AS m (partition) GROUP BY m.partition) n
  WHERE p.topic_id = p_topic AND p.partition = n.partition;
  PERFORM pg_notify('usage_stream', p_topic::text);
END $$;

-- Tells the group that the member lives, gives it its fair part of the partitions and returns what it owns now. A partition that is
-- busy is not taken from a living owner by its own call. One call at a time per group.
CREATE FUNCTION share(p_topic integer, p_group text, p_member uuid, p_lease_ms integer, p_busy integer)
RETURNS TABLE (owned_partition integer, owned_committed bigint)
LANGUAGE plpgsql AS $$
DECLARE
  v_members integer;
  v_rank integer;
  v_partitions integer;
  v_mine integer;
  v_fair integer;
BEGIN
  PERFORM pg_advisory_xact_lock(72707370, hashtext(p_topic || '/' || p_group));
  INSERT INTO usage_stream.consumers AS c (topic_id, group_name, member, expires_at)
  VALUES (p_topic, p_group, p_member, clock_timestamp() + p_lease_ms * interval '1 millisecond')
  ON CONFLICT (topic_id, group_name, member) DO UPDATE SET expires_at = excluded.expires_at;
  DELETE FROM usage_stream.consumers WHERE topic_id = p_topic AND group_name = p_group AND expires_at < clock_timestamp();
  INSERT INTO usage_stream.progress (topic_id, group_name, partition)
  SELECT p.topic_id, p_group, p.partition FROM usage_stream.partitions p WHERE p.topic_id = p_topic
    AND NOT EXISTS (SELECT FROM usage_stream.progress g WHERE g.topic_id = p_topic AND g.group_name = p_group AND g.partition = p.partition);
  UPDATE usage_stream.progress g SET owner = NULL
  WHERE g.topic_id = p_topic AND g.group_name = p_group AND g.owner IS NOT NULL AND NOT EXISTS (
    SELECT FROM usage_stream.consumers c WHERE c.topic_id = p_topic AND c.group_name = p_group AND c.member = g.owner);

  SELECT count(*), count(*) FILTER (WHERE member < p_member) INTO v_members, v_rank
  FROM usage_stream.consumers WHERE topic_id = p_topic AND group_name = p_group;
  SELECT count(*), count(*) FILTER (WHERE owner = p_member) INTO v_partitions, v_mine
  FROM usage_stream.progress WHERE topic_id = p_topic AND group_name = p_group;
  v_fair := v_partitions / v_members + (v_rank < v_partitions % v_members)::integer;

  IF v_mine > v_fair THEN
    UPDATE usage_stream.progress SET owner = NULL
    WHERE topic_id = p_topic AND group_name = p_group AND partition IN (
      SELECT g.partition FROM usage_stream.progress g
      WHERE g.topic_id = p_topic AND g.group_name = p_group AND g.owner = p_member AND g.partition IS DISTINCT FROM p_busy
      ORDER BY g.partition DESC LIMIT v_mine - v_fair);
  ELSIF v_mine < v_fair THEN
    UPDATE usage_stream.progress SET owner = p_member
    WHERE topic_id = p_topic AND group_name = p_group AND partition IN (
      SELECT g.partition FROM usage_stream.progress g
      WHERE g.topic_id = p_topic AND g.group_name = p_group AND g.owner IS NULL
      ORDER BY g.partition LIMIT v_fair - v_mine);
  END IF;
  RETURN QUERY SELECT g.partition, g.committed FROM usage_stream.progress g
    WHERE g.topic_id = p_topic AND g.group_name = p_group AND g.owner = p_member ORDER BY g.partition;
END $$;

-- Deletes, from each partition, up to `p_limit` of the oldest messages that every known group has committed and that are older than
-- `p_keep_ms`. Returns how many; 0 also when another process is at it.
CREATE FUNCTION delete_consumed(p_topic integer, p_keep_ms bigint, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_deleted integer;
BEGIN
  IF NOT pg_try_advisory_xact_lock(72707371, p_topic) THEN
    RETURN 0;
  END IF;
  DELETE FROM usage_stream.messages m
  USING (SELECT g.partition, min(g.committed) AS consumed FROM usage_stream.progress g WHERE g.topic_id = p_topic GROUP BY g.partition) done,
    LATERAL (
      SELECT o.partition, o."offset", o.published_at FROM usage_stream.messages o
      WHERE o.topic_id = p_topic AND o.partition = done.partition AND o."offset" < done.consumed
      ORDER BY o."offset" LIMIT p_limit
    ) oldest
  WHERE m.topic_id = p_topic AND m.partition = oldest.partition AND m."offset" = oldest."offset"
    AND oldest.published_at < clock_timestamp() - p_keep_ms * interval '1 millisecond';
  GET DIAGNOSTICS v_deleted = ROW_COUNT;
  RETURN v_deleted;
END $$;
