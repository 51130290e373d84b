-- The verdict on each of the items, in DuckDB's SQL; `query.py` fills in what is in braces.

WITH meaning AS (
    -- What each word says; told twice, `allowed` gives way: it sorts before every other word.
    SELECT w.kind, w.value, MAX(COALESCE(w.says, 'unreadable')) AS says
    FROM words AS w GROUP BY w.kind, w.value
), chosen AS (
    -- The choices for this purpose until now. Our own reader refuses a choice that it does not
    -- understand. Here nothing can be refused, so an off that is not understood is an off for
    -- everything, if its time is not known since ever and after every on; and an on that is not
    -- understood counts for nothing.
    SELECT c.member_id,
        CASE WHEN {narrow} THEN c.scope
            WHEN c.scope = 'all' OR NOT COALESCE(c."on", FALSE) THEN 'all' END AS scope,
        CASE WHEN {narrow} THEN c.target ELSE '' END AS target,
        CASE WHEN {known} THEN CAST(c."at" AS TIMESTAMP) ELSE {until} END AS since,
        CASE WHEN {known} THEN CAST(c."at" AS TIMESTAMP) ELSE {first} END AS covers,
        CASE WHEN COALESCE(c."on", FALSE) THEN 1 ELSE 0 END AS is_on
    FROM choices AS c
    WHERE c.purpose = {purpose} AND CASE WHEN {known}
        THEN CAST(c."at" AS TIMESTAMP) <= {until} ELSE NOT COALESCE(c."on", FALSE) END
), said_at AS (
    -- What was said at each moment; an on at the very time of an off was never there.
    SELECT c.member_id, c.scope, c.target, c.since, MIN(c.covers) AS covers, MIN(c.is_on) AS is_on
    FROM chosen AS c GROUP BY c.member_id, c.scope, c.target, c.since
), stand AS (
    -- Where somebody stands on one (scope, target): off since the first off after the last on.
    SELECT n.member_id, n.scope, n.target,
        MIN(CASE WHEN n.is_on = 0 AND (n.last_on IS NULL OR n.since > n.last_on) THEN n.covers END)
            AS off_since
    FROM (
        SELECT c.member_id, c.scope, c.target, c.since, c.covers, c.is_on,
            MAX(CASE WHEN c.is_on = 1 THEN c.since END)
                OVER (PARTITION BY c.member_id, c.scope, c.target) AS last_on
        FROM said_at AS c
    ) AS n
    GROUP BY n.member_id, n.scope, n.target
), {signed} person AS (
    -- One row for each member: why not suited, when they come of age, whether they are off.
    SELECT m.member_id, CASE {unsuited} END AS unsuited, {adult_day} AS adult_day,
        a.off_since, {off_by_default} AS off_by_default
    FROM members AS m
    LEFT JOIN stand AS a ON a.scope = 'all' AND a.member_id = m.member_id {join_signed}
), other AS (
    -- The other people in items, and the reason if they refuse. The text is asked whether it is
    -- null: Snowflake's lists hold JSON's null, which is a value.
    SELECT {keys}, i.category, {created} AS created_at, i.author AS person, {author} AS refusal
    FROM items AS i WHERE NOT i.author IS NULL AND i.author <> i.owner
    UNION ALL
    SELECT {keys}, i.category, {created} AS created_at, CAST(s.person AS TEXT) AS person,
        {subject} AS refusal
    FROM {shared} AS i CROSS JOIN UNNEST(i.subjects) AS s(person)
    WHERE CAST(s.person AS TEXT) IS NULL OR CAST(s.person AS TEXT) <> i.owner
), mark AS (
    -- The first reason that the other people in an item, or its tags, give.
    SELECT j.{key}, MIN(j.code) AS code
    FROM (
        -- i: an item and one of the other people in it; a, c, t: their choices, widest first.
        SELECT i.{key}, CASE
            WHEN i.person IS NULL OR i.person = '' THEN {unreadable}
            WHEN NOT o.member_id IS NULL THEN CASE WHEN {other_unsuited} THEN i.refusal END
            WHEN {other_off} THEN {objection}{stranger} END AS code
        FROM other AS i LEFT JOIN person AS o ON o.member_id = i.person
        LEFT JOIN stand AS a ON a.scope = 'all' AND a.member_id = i.person
        LEFT JOIN stand AS c
            ON c.scope = 'category' AND c.member_id = i.person AND c.target = i.category
        LEFT JOIN stand AS t
            ON t.scope = 'item' AND t.member_id = i.person AND t.target = i.item_id
        UNION ALL
        SELECT t.{key}, CASE WHEN w.says = 'allowed' THEN NULL
            WHEN w.says = 'sensitive' THEN {sensitive}
            ELSE {unreadable} END AS code
        FROM (
            SELECT i.{key}, CAST(t.tag AS TEXT) AS tag
            FROM {tagged} AS i CROSS JOIN UNNEST(i.tags) AS t(tag)
        ) AS t LEFT JOIN meaning AS w ON w.kind = 'tag' AND w.value = t.tag
    ) AS j
    WHERE NOT j.code IS NULL GROUP BY j.{key}
), objected AS (
    -- The items for which somebody who is no member is off, be they in them or not.
    SELECT s.target AS item_id, MIN(s.off_since) AS off_since
    FROM stand AS s LEFT JOIN members AS m ON m.member_id = s.member_id
    WHERE s.scope = 'item' AND NOT s.off_since IS NULL AND m.member_id IS NULL
    GROUP BY s.target
)
-- i item, o owner, c and t the owner's choices for the category and for the item, k what is
-- marked, x who objected, r the reservation.
SELECT i.{key}, CASE {rules} ELSE {allowed} END AS code
FROM items AS i
LEFT JOIN person AS o ON o.member_id = i.owner
LEFT JOIN stand AS c ON c.scope = 'category' AND c.member_id = i.owner AND c.target = i.category
LEFT JOIN stand AS t ON t.scope = 'item' AND t.member_id = i.owner AND t.target = i.item_id
LEFT JOIN mark AS k ON k.{key} = i.{key}
LEFT JOIN objected AS x ON x.item_id = i.item_id
LEFT JOIN meaning AS r ON r.kind = 'reservation' AND r.value = i.reservation
