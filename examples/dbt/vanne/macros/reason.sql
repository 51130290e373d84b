{# The reason of a code, in words; made from vanne.terms.REASONS. #}
{% macro reason(code) %}
    case {{ code }}
        when 0 then 'allowed'
        when 1 then 'category-never'
        when 2 then 'category-not-listed'
        when 3 then 'category-unknown'
        when 4 then 'member-unknown'
        when 5 then 'region-unknown'
        when 6 then 'region-not-started'
        when 7 then 'minor'
        when 8 then 'age-unknown'
        when 9 then 'made-as-minor'
        when 10 then 'outside-window'
        when 11 then 'visibility-not-listed'
        when 12 then 'sensitive'
        when 13 then 'off'
        when 14 then 'off-category'
        when 15 then 'off-item'
        when 16 then 'off-by-default'
        when 17 then 'author-refuses'
        when 18 then 'subject-refuses'
        when 19 then 'objection'
        when 20 then 'reservation'
        when 21 then 'unreadable'
    end
{% endmacro %}
