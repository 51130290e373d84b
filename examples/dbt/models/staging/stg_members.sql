select member_id, region, birth_date, coalesce(string_split(signs, ';'), []) as signs
from {{ ref('members') }}
