-- What may be trained on. Join by id, never by the order of the rows.
select items.*
from {{ ref('items') }} as items
join {{ ref('verdicts') }} as verdicts using (item_id)
where verdicts.code = 0
