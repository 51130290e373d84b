package benchmark

import rego.v1

never := {"private_message", "salary", "credential", "payment"}
listed := {"profile", "photo", "position", "education", "skill", "cv", "post", "article", "comment", "recommendation", "group_post"}
not_listed := {"poll_vote", "group_message", "screening_answer", "ai_prompt", "ai_output", "feedback", "reaction", "follow", "search", "learning", "job_search", "contact", "account", "identity", "inference"}
visible := {"public", "connections"}
sensitive := {"health", "religion", "union"}
not_started := {"CN", "JP"}
off_by_default := {"CA", "HK"}
regions := {@REGIONS@}
as_of := @AS_OF@
window := @WINDOW@

codes := [code(item) | some item in input.items]

code(x) := 1 if x.category in never
else := 2 if x.category in not_listed
else := 3 if not x.category in listed
else := 4 if not x.owner.member
else := 5 if not x.owner.region in regions
else := 6 if x.owner.region in not_started
else := 7 if x.owner.signed
else := 8 if not x.owner.adult
else := 7 if as_of < x.owner.adult
else := 9 if x.created < x.owner.adult
else := 10 if x.created < window
else := 11 if not x.visibility in visible
else := 12 if { some tag in x.tags; tag in sensitive }
else := 13 if x.owner.off
else := 14 if x.owner.off_category
else := 15 if x.owner.off_item
else := 16 if { x.owner.region in off_by_default; not x.owner.on }
else := 17 if { some person in x.others; person.wrote; refuses(person, x) }
else := 18 if { some person in x.others; not person.wrote; refuses(person, x) }
else := 19 if { some person in x.others; not person.member; off(person) }
else := 20 if x.reserved
else := 21 if not x.created
else := 21 if x.unclear
else := 0

off(person) if person.off
off(person) if person.off_category
off(person) if person.off_item

refuses(person, x) if { person.member; not suited(person) }
refuses(person, x) if { person.member; x.created < person.adult }
refuses(person, x) if { person.member; off(person) }
refuses(person, x) if { person.member; person.region in off_by_default; not person.on }

suited(person) if {
	person.region in regions
	not person.region in not_started
	not person.signed
	person.adult <= as_of
}
