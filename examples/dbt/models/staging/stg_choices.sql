select member_id, purpose, scope, target, "on" = 'on' as "on", "at"
from {{ ref('choices') }}
