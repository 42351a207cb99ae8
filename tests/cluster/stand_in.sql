-- A stand-in for Citus on one PostgreSQL: its catalogue, and a create_distributed_table that refuses what Citus refuses.
-- What it spreads is partitioned by the hash of its dossier: PostgreSQL too then wants the dossier in every key.
SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (
    logicalrelid regclass PRIMARY KEY,
    partmethod "char" NOT NULL,
    partkey text,
    colocationid integer NOT NULL,
    repmodel "char" NOT NULL
);
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
VALUES (4200000, 'citus', 10, 'pg_catalog'::regnamespace, false, '13.2-1');
RESET allow_system_table_mods;

CREATE FUNCTION must_be_free_of_ties(spread regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE tie name;
BEGIN
    SELECT k.conname INTO tie FROM pg_constraint k
    WHERE k.contype = 'f' AND spread IN (k.conrelid, k.confrelid) AND k.conrelid <> k.confrelid
    AND NOT EXISTS (SELECT FROM pg_dist_partition p
        WHERE p.logicalrelid = CASE WHEN k.conrelid = spread THEN k.confrelid ELSE k.conrelid END);
    IF FOUND THEN RAISE EXCEPTION 'relation % is tied by % to a table that is not distributed', spread, tie; END IF;
    IF EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = spread AND NOT t.tgisinternal)
    THEN RAISE EXCEPTION 'cannot distribute relation % because it has triggers', spread; END IF;
END $$;

CREATE FUNCTION create_distributed_table(spread regclass, key text, colocate_with text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    named text := spread::text;
    bare name := (SELECT relname FROM pg_class WHERE oid = spread);
    place int2 := (SELECT attnum FROM pg_attribute WHERE attrelid = spread AND attname = key);
    beside integer := (SELECT colocationid FROM pg_dist_partition WHERE logicalrelid::text = colocate_with);
    made text[];
    statement text;
BEGIN
    IF beside IS NULL AND colocate_with <> 'none' THEN RAISE EXCEPTION 'relation % is not distributed', colocate_with; END IF;
    PERFORM must_be_free_of_ties(spread);
    IF EXISTS (SELECT FROM pg_index i WHERE i.indrelid = spread AND i.indisunique AND NOT place = ANY (i.indkey::int2[]))
    THEN RAISE EXCEPTION 'cannot create constraint on %: it does not include the partition column', named; END IF;
    SELECT array_agg(one) INTO made FROM (
        SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', named, conname, pg_get_constraintdef(oid)) AS one
        FROM pg_constraint WHERE conrelid = spread AND contype IN ('p', 'c', 'u')
        UNION ALL
        SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i WHERE i.indrelid = spread
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u'))
    ) x;
    EXECUTE format('CREATE TABLE being_spread (LIKE %s INCLUDING DEFAULTS) PARTITION BY HASH (%I)', named, key);
    FOR part IN 0..1 LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF being_spread FOR VALUES WITH (MODULUS 2, REMAINDER %s)',
            bare || '_p' || part, part);
    END LOOP;
    EXECUTE format('INSERT INTO being_spread SELECT * FROM %s', named);
    EXECUTE format('DROP TABLE %s', named);
    EXECUTE format('ALTER TABLE being_spread RENAME TO %I', bare);
    FOREACH statement IN ARRAY made LOOP EXECUTE statement; END LOOP;
    INSERT INTO pg_dist_partition VALUES (
        to_regclass(format('%I', bare)), 'h', format('{VAR :varno 1 :varattno %s :vartype 1043}', place),
        coalesce(beside, (SELECT coalesce(max(colocationid), 0) + 1 FROM pg_dist_partition)), 's'
    );
END $$;

CREATE FUNCTION truncate_local_data_after_distributing_table(spread regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = spread)
    THEN RAISE EXCEPTION 'supplied parameter is not a distributed relation'; END IF;
    IF EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.confrelid = spread
        AND NOT EXISTS (SELECT FROM pg_dist_partition p WHERE p.logicalrelid = k.conrelid))
    THEN RAISE EXCEPTION 'cannot truncate a table referenced in a foreign key constraint by a local table'; END IF;
END $$;
