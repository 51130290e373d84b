CREATE TABLE items (
  item_id VARCHAR,
  owner VARCHAR,
  author VARCHAR,
  subjects ARRAY,
  category VARCHAR,
  created_at TIMESTAMP_NTZ,
  visibility VARCHAR,
  tags ARRAY,
  reservation VARCHAR,
  unreadable BOOLEAN
);

CREATE TABLE members (
  member_id VARCHAR,
  region VARCHAR,
  birth_date DATE,
  signs ARRAY
);

CREATE TABLE choices (
  member_id VARCHAR,
  purpose VARCHAR,
  scope VARCHAR,
  target VARCHAR,
  "ON" BOOLEAN,
  "AT" TIMESTAMP_NTZ
);

CREATE TABLE words (
  kind VARCHAR,
  value VARCHAR,
  says VARCHAR
);

SELECT DISTINCT
  'reservation' AS kind,
  i.reservation AS value
FROM items AS i
WHERE
  NOT i.reservation IS NULL
UNION ALL
SELECT DISTINCT
  'tag' AS kind,
  CAST(t.tag AS VARCHAR) AS value
FROM (
  SELECT
    x.tags
  FROM items AS x
  WHERE
    ARRAY_SIZE(x.tags) > 0
) AS i
CROSS JOIN TABLE(FLATTEN(INPUT => i.tags)) AS t(seq, key, path, index, tag, this)
WHERE
  NOT CAST(t.tag AS VARCHAR) IS NULL
UNION ALL
SELECT DISTINCT
  'sign' AS kind,
  CAST(s.sign AS VARCHAR) AS value
FROM (
  SELECT
    x.signs
  FROM members AS x
  WHERE
    ARRAY_SIZE(x.signs) > 0
) AS m
CROSS JOIN TABLE(FLATTEN(INPUT => m.signs)) AS s(seq, key, path, index, sign, this)
WHERE
  NOT CAST(s.sign AS VARCHAR) IS NULL;

WITH meaning AS (
  SELECT
    w.kind,
    w.value,
    MAX(COALESCE(w.says, 'unreadable')) AS says
  FROM words AS w
  GROUP BY
    w.kind,
    w.value
), chosen AS (
  SELECT
    c.member_id,
    CASE
      WHEN (
        c.scope = 'category'
        AND c.target IN (
          'account', 'ai_output', 'ai_prompt', 'article', 'comment', 'contact', 'credential', 'cv',
          'education', 'feedback', 'follow', 'group_message', 'group_post', 'identity',
          'inference', 'job_application', 'job_search', 'learning', 'payment', 'photo',
          'poll_vote', 'position', 'post', 'private_message', 'profile', 'reaction',
          'recommendation', 'salary', 'screening_answer', 'search', 'skill'
        )
      )
      OR (
        c.scope = 'item' AND c.target <> ''
      )
      THEN c.scope
      WHEN c.scope = 'all' OR NOT COALESCE(c."ON", FALSE)
      THEN 'all'
    END AS scope,
    CASE
      WHEN (
        c.scope = 'category'
        AND c.target IN (
          'account', 'ai_output', 'ai_prompt', 'article', 'comment', 'contact', 'credential', 'cv',
          'education', 'feedback', 'follow', 'group_message', 'group_post', 'identity',
          'inference', 'job_application', 'job_search', 'learning', 'payment', 'photo',
          'poll_vote', 'position', 'post', 'private_message', 'profile', 'reaction',
          'recommendation', 'salary', 'screening_answer', 'search', 'skill'
        )
      )
      OR (
        c.scope = 'item' AND c.target <> ''
      )
      THEN c.target
      ELSE ''
    END AS target,
    CASE
      WHEN CAST(c."AT" AS TIMESTAMPNTZ) >= CAST('0001-01-01 00:00:00' AS TIMESTAMPNTZ)
      AND CAST(c."AT" AS TIMESTAMPNTZ) <= CAST('9999-12-31 23:59:59.999999' AS TIMESTAMPNTZ)
      THEN CAST(c."AT" AS TIMESTAMPNTZ)
      ELSE CAST('2026-06-01 12:00:00.000001' AS TIMESTAMPNTZ)
    END AS since,
    CASE
      WHEN CAST(c."AT" AS TIMESTAMPNTZ) >= CAST('0001-01-01 00:00:00' AS TIMESTAMPNTZ)
      AND CAST(c."AT" AS TIMESTAMPNTZ) <= CAST('9999-12-31 23:59:59.999999' AS TIMESTAMPNTZ)
      THEN CAST(c."AT" AS TIMESTAMPNTZ)
      ELSE CAST('0001-01-01 00:00:00' AS TIMESTAMPNTZ)
    END AS covers,
    CASE WHEN COALESCE(c."ON", FALSE) THEN 1 ELSE 0 END AS is_on
  FROM choices AS c
  WHERE
    c.purpose = 'generative-ai-training'
    AND CASE
      WHEN CAST(c."AT" AS TIMESTAMPNTZ) >= CAST('0001-01-01 00:00:00' AS TIMESTAMPNTZ)
      AND CAST(c."AT" AS TIMESTAMPNTZ) <= CAST('9999-12-31 23:59:59.999999' AS TIMESTAMPNTZ)
      THEN CAST(c."AT" AS TIMESTAMPNTZ) <= CAST('2026-06-01 12:00:00.000001' AS TIMESTAMPNTZ)
      ELSE NOT COALESCE(c."ON", FALSE)
    END
), said_at AS (
  SELECT
    c.member_id,
    c.scope,
    c.target,
    c.since,
    MIN(c.covers) AS covers,
    MIN(c.is_on) AS is_on
  FROM chosen AS c
  GROUP BY
    c.member_id,
    c.scope,
    c.target,
    c.since
), stand AS (
  SELECT
    n.member_id,
    n.scope,
    n.target,
    MIN(
      CASE
        WHEN n.is_on = 0 AND (
          n.last_on IS NULL OR n.since > n.last_on
        )
        THEN n.covers
      END
    ) AS off_since
  FROM (
    SELECT
      c.member_id,
      c.scope,
      c.target,
      c.since,
      c.covers,
      c.is_on,
      MAX(CASE WHEN c.is_on = 1 THEN c.since END) OVER (PARTITION BY c.member_id, c.scope, c.target) AS last_on
    FROM said_at AS c
  ) AS n
  GROUP BY
    n.member_id,
    n.scope,
    n.target
), signed AS (
  SELECT DISTINCT
    s.member_id
  FROM (
    SELECT
      m.member_id,
      CAST(s.sign AS VARCHAR) AS sign
    FROM (
      SELECT
        x.member_id,
        x.signs
      FROM members AS x
      WHERE
        ARRAY_SIZE(x.signs) > 0
    ) AS m
    CROSS JOIN TABLE(FLATTEN(INPUT => m.signs)) AS s(seq, key, path, index, sign, this)
  ) AS s
  LEFT JOIN meaning AS w
    ON w.kind = 'sign' AND w.value = s.sign
  WHERE
    COALESCE(w.says, 'minor') <> 'allowed'
), person AS (
  SELECT
    m.member_id,
    CASE
      WHEN m.region IN ('CN', 'GB')
      THEN 6
      WHEN m.region IS NULL
      OR NOT m.region IN (
        'AD', 'AE', 'AF', 'AG', 'AI', 'AL', 'AM', 'AO', 'AQ', 'AR', 'AS', 'AT', 'AU', 'AW', 'AX',
        'AZ', 'BA', 'BB', 'BD', 'BE', 'BF', 'BG', 'BH', 'BI', 'BJ', 'BL', 'BM', 'BN', 'BO', 'BQ',
        'BR', 'BS', 'BT', 'BV', 'BW', 'BY', 'BZ', 'CA', 'CC', 'CD', 'CF', 'CG', 'CH', 'CI', 'CK',
        'CL', 'CM', 'CO', 'CR', 'CU', 'CV', 'CW', 'CX', 'CY', 'CZ', 'DE', 'DJ', 'DK', 'DM', 'DO',
        'DZ', 'EC', 'EE', 'EG', 'EH', 'ER', 'ES', 'ET', 'FI', 'FJ', 'FK', 'FM', 'FO', 'FR', 'GA',
        'GD', 'GE', 'GF', 'GG', 'GH', 'GI', 'GL', 'GM', 'GN', 'GP', 'GQ', 'GR', 'GS', 'GT', 'GU',
        'GW', 'GY', 'HK', 'HM', 'HN', 'HR', 'HT', 'HU', 'ID', 'IE', 'IL', 'IM', 'IN', 'IO', 'IQ',
        'IR', 'IS', 'IT', 'JE', 'JM', 'JO', 'JP', 'KE', 'KG', 'KH', 'KI', 'KM', 'KN', 'KP', 'KR',
        'KW', 'KY', 'KZ', 'LA', 'LB', 'LC', 'LI', 'LK', 'LR', 'LS', 'LT', 'LU', 'LV', 'LY', 'MA',
        'MC', 'MD', 'ME', 'MF', 'MG', 'MH', 'MK', 'ML', 'MM', 'MN', 'MO', 'MP', 'MQ', 'MR', 'MS',
        'MT', 'MU', 'MV', 'MW', 'MX', 'MY', 'MZ', 'NA', 'NC', 'NE', 'NF', 'NG', 'NI', 'NL', 'NO',
        'NP', 'NR', 'NU', 'NZ', 'OM', 'PA', 'PE', 'PF', 'PG', 'PH', 'PK', 'PL', 'PM', 'PN', 'PR',
        'PS', 'PT', 'PW', 'PY', 'QA', 'RE', 'RO', 'RS', 'RU', 'RW', 'SA', 'SB', 'SC', 'SD', 'SE',
        'SG', 'SH', 'SI', 'SJ', 'SK', 'SL', 'SM', 'SN', 'SO', 'SR', 'SS', 'ST', 'SV', 'SX', 'SY',
        'SZ', 'TC', 'TD', 'TF', 'TG', 'TH', 'TJ', 'TK', 'TL', 'TM', 'TN', 'TO', 'TR', 'TT', 'TV',
        'TW', 'TZ', 'UA', 'UG', 'UM', 'US', 'UY', 'UZ', 'VA', 'VC', 'VE', 'VG', 'VI', 'VN', 'VU',
        'WF', 'WS', 'YE', 'YT', 'ZA', 'ZM', 'ZW'
      )
      THEN 5
      WHEN NOT g.member_id IS NULL
      THEN 7
      WHEN m.birth_date IS NULL
      OR m.birth_date < CAST('0001-01-01' AS DATE)
      OR m.birth_date > CAST('9999-12-31' AS DATE)
      THEN 8
      WHEN DATE_PART(YEAR, m.birth_date) * 10000 + DATE_PART(MONTH, m.birth_date) * 100 + DATE_PART(DAY, m.birth_date) + 160000 > 20260601
      THEN 7
    END AS unsuited,
    DATE_PART(YEAR, m.birth_date) * 10000 + DATE_PART(MONTH, m.birth_date) * 100 + DATE_PART(DAY, m.birth_date) + 160000 AS adult_day,
    a.off_since,
    m.region IN (
      'AT', 'BE', 'BG', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GR', 'HR', 'HU', 'IE',
      'IS', 'IT', 'LI', 'LT', 'LU', 'LV', 'MT', 'NL', 'NO', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK'
    )
    AND (
      a.member_id IS NULL OR NOT a.off_since IS NULL
    ) AS off_by_default
  FROM members AS m
  LEFT JOIN stand AS a
    ON a.scope = 'all' AND a.member_id = m.member_id
  LEFT JOIN signed AS g
    ON g.member_id = m.member_id
), other AS (
  SELECT
    i.item_id,
    i.category,
    CAST(i.created_at AS TIMESTAMPNTZ) AS created_at,
    i.author AS person,
    17 AS refusal
  FROM items AS i
  WHERE
    NOT i.author IS NULL AND i.author <> i.owner
  UNION ALL
  SELECT
    i.item_id,
    i.category,
    CAST(i.created_at AS TIMESTAMPNTZ) AS created_at,
    CAST(s.person AS VARCHAR) AS person,
    18 AS refusal
  FROM (
    SELECT
      x.item_id,
      x.owner,
      x.category,
      x.created_at,
      x.subjects
    FROM items AS x
    WHERE
      ARRAY_SIZE(x.subjects) > 0
  ) AS i
  CROSS JOIN TABLE(FLATTEN(INPUT => i.subjects)) AS s(seq, key, path, index, person, this)
  WHERE
    CAST(s.person AS VARCHAR) IS NULL OR CAST(s.person AS VARCHAR) <> i.owner
), mark AS (
  SELECT
    j.item_id,
    MIN(j.code) AS code
  FROM (
    SELECT
      i.item_id,
      CASE
        WHEN i.person IS NULL OR i.person = ''
        THEN 21
        WHEN NOT o.member_id IS NULL
        THEN CASE
          WHEN NOT o.unsuited IS NULL
          OR DATE_PART(YEAR, i.created_at) * 10000 + DATE_PART(MONTH, i.created_at) * 100 + DATE_PART(DAY, i.created_at) < o.adult_day
          OR (
            NOT a.off_since IS NULL
            AND (
              i.created_at IS NULL OR i.created_at >= a.off_since
            )
          )
          OR (
            NOT c.off_since IS NULL
            AND (
              i.created_at IS NULL OR i.created_at >= c.off_since
            )
          )
          OR (
            NOT t.off_since IS NULL
            AND (
              i.created_at IS NULL OR i.created_at >= t.off_since
            )
          )
          OR (
            o.off_by_default
            AND (
              c.member_id IS NULL OR NOT c.off_since IS NULL
            )
            AND (
              t.member_id IS NULL OR NOT t.off_since IS NULL
            )
          )
          THEN i.refusal
        END
        WHEN (
          NOT a.off_since IS NULL
          AND (
            i.created_at IS NULL OR i.created_at >= a.off_since
          )
        )
        OR (
          NOT c.off_since IS NULL
          AND (
            i.created_at IS NULL OR i.created_at >= c.off_since
          )
        )
        OR (
          NOT t.off_since IS NULL
          AND (
            i.created_at IS NULL OR i.created_at >= t.off_since
          )
        )
        THEN 19
      END AS code
    FROM other AS i
    LEFT JOIN person AS o
      ON o.member_id = i.person
    LEFT JOIN stand AS a
      ON a.scope = 'all' AND a.member_id = i.person
    LEFT JOIN stand AS c
      ON c.scope = 'category' AND c.member_id = i.person AND c.target = i.category
    LEFT JOIN stand AS t
      ON t.scope = 'item' AND t.member_id = i.person AND t.target = i.item_id
    UNION ALL
    SELECT
      t.item_id,
      CASE WHEN w.says = 'allowed' THEN NULL WHEN w.says = 'sensitive' THEN 12 ELSE 21 END AS code
    FROM (
      SELECT
        i.item_id,
        CAST(t.tag AS VARCHAR) AS tag
      FROM (
        SELECT
          x.item_id,
          x.tags
        FROM items AS x
        WHERE
          ARRAY_SIZE(x.tags) > 0
      ) AS i
      CROSS JOIN TABLE(FLATTEN(INPUT => i.tags)) AS t(seq, key, path, index, tag, this)
    ) AS t
    LEFT JOIN meaning AS w
      ON w.kind = 'tag' AND w.value = t.tag
  ) AS j
  WHERE
    NOT j.code IS NULL
  GROUP BY
    j.item_id
), objected AS (
  SELECT
    s.target AS item_id,
    MIN(s.off_since) AS off_since
  FROM stand AS s
  LEFT JOIN members AS m
    ON m.member_id = s.member_id
  WHERE
    s.scope = 'item' AND NOT s.off_since IS NULL AND m.member_id IS NULL
  GROUP BY
    s.target
)
SELECT
  i.item_id,
  CASE
    WHEN i.category IN ('private_message', 'salary')
    THEN 1
    WHEN i.category IN (
      'account', 'ai_output', 'ai_prompt', 'contact', 'credential', 'cv', 'education',
      'feedback', 'follow', 'group_message', 'group_post', 'identity', 'inference',
      'job_application', 'job_search', 'learning', 'payment', 'photo', 'poll_vote', 'position',
      'profile', 'reaction', 'recommendation', 'screening_answer', 'search', 'skill'
    )
    THEN 2
    WHEN i.category IS NULL OR NOT i.category IN ('article', 'comment', 'post')
    THEN 3
    WHEN o.member_id IS NULL
    THEN 4
    WHEN NOT o.unsuited IS NULL
    THEN o.unsuited
    WHEN DATE_PART(YEAR, CAST(i.created_at AS TIMESTAMPNTZ)) * 10000 + DATE_PART(MONTH, CAST(i.created_at AS TIMESTAMPNTZ)) * 100 + DATE_PART(DAY, CAST(i.created_at AS TIMESTAMPNTZ)) < o.adult_day
    THEN 9
    WHEN CAST(i.created_at AS TIMESTAMPNTZ) < CAST('2016-06-03 12:00:00.000001' AS TIMESTAMPNTZ)
    THEN 10
    WHEN i.visibility IS NULL OR NOT i.visibility IN ('connections', 'public')
    THEN 11
    WHEN k.code = 12
    THEN 12
    WHEN NOT o.off_since IS NULL
    AND (
      CAST(i.created_at AS TIMESTAMPNTZ) IS NULL
      OR CAST(i.created_at AS TIMESTAMPNTZ) >= o.off_since
    )
    THEN 13
    WHEN NOT c.off_since IS NULL
    AND (
      CAST(i.created_at AS TIMESTAMPNTZ) IS NULL
      OR CAST(i.created_at AS TIMESTAMPNTZ) >= c.off_since
    )
    THEN 14
    WHEN NOT t.off_since IS NULL
    AND (
      CAST(i.created_at AS TIMESTAMPNTZ) IS NULL
      OR CAST(i.created_at AS TIMESTAMPNTZ) >= t.off_since
    )
    THEN 15
    WHEN o.off_by_default
    AND (
      c.member_id IS NULL OR NOT c.off_since IS NULL
    )
    AND (
      t.member_id IS NULL OR NOT t.off_since IS NULL
    )
    THEN 16
    WHEN k.code <= 19
    THEN k.code
    WHEN NOT x.off_since IS NULL
    AND (
      CAST(i.created_at AS TIMESTAMPNTZ) IS NULL
      OR CAST(i.created_at AS TIMESTAMPNTZ) >= x.off_since
    )
    THEN 19
    WHEN r.says = 'reservation'
    THEN 20
    WHEN COALESCE(i.unreadable, TRUE)
    OR CAST(i.created_at AS TIMESTAMPNTZ) IS NULL
    OR CAST(i.created_at AS TIMESTAMPNTZ) < CAST('0001-01-01 00:00:00' AS TIMESTAMPNTZ)
    OR CAST(i.created_at AS TIMESTAMPNTZ) > CAST('9999-12-31 23:59:59.999999' AS TIMESTAMPNTZ)
    OR NOT k.code IS NULL
    OR (
      NOT i.reservation IS NULL AND COALESCE(r.says, 'unreadable') <> 'allowed'
    )
    THEN 21
    ELSE 0
  END AS code
FROM items AS i
LEFT JOIN person AS o
  ON o.member_id = i.owner
LEFT JOIN stand AS c
  ON c.scope = 'category' AND c.member_id = i.owner AND c.target = i.category
LEFT JOIN stand AS t
  ON t.scope = 'item' AND t.member_id = i.owner AND t.target = i.item_id
LEFT JOIN mark AS k
  ON k.item_id = i.item_id
LEFT JOIN objected AS x
  ON x.item_id = i.item_id
LEFT JOIN meaning AS r
  ON r.kind = 'reservation' AND r.value = i.reservation;
