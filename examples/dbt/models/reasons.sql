-- How many items have which reason.
select {{ vanne.reason('code') }} as reason, count(*) as items
from {{ ref('verdicts') }}
group by all
order by items desc, reason
