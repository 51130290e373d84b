-- The columns that a verdict depends on. `unreadable` is true where a value of the row made no sense.
select
    item_id,
    owner,
    author,
    coalesce(string_split(subjects, ';'), []) as subjects,
    category,
    created_at,
    visibility,
    coalesce(string_split(tags, ';'), []) as tags,
    reservation,
    false as unreadable
from {{ ref('items') }}
