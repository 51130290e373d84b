{# Fails for each item that has no verdict or several: none of these may be used. #}
{% test one_verdict_each(model, items) %}
select items.item_id
from {{ items }} as items
left join {{ model }} as verdicts on verdicts.item_id = items.item_id
group by items.item_id
having count(verdicts.item_id) <> 1
{% endtest %}

{# Fails for each code that is no reason. #}
{% test known_reason(model, column_name) %}
select {{ column_name }}
from {{ model }}
where {{ vanne.reason(column_name) }} is null
{% endtest %}
