# The eleven clauses of essentials.guard in Rego, as of 2026-10-31. ISO days compare as text.
package essentials

import rego.v1

as_of := "2026-10-31"

accepted := {"separate_instance", "separate_database", "separate_encryption_keys", "separate_tenant"}

findings contains ["AV-01", device.id] if {
	some device in input.devices
	device.in_scope
	device.antivirus.active != true
}

findings contains ["AV-01", device.id] if {
	some device in input.devices
	device.in_scope
	device.antivirus.definitions_date < "2026-10-24"
}

findings contains ["PATCH-01", device.id] if {
	some device in input.devices
	some fix in device.patches.missing
	fix.severity in {"critical", "high"}
	fix.released_on < "2026-10-17"
}

findings contains ["PATCH-02", device.id] if {
	some device in input.devices
	device.in_scope
	device.os.support_ends < as_of
}

findings contains ["TRAIN-01", record.person] if {
	some record in input.training
	record.completed_on < "2025-10-31"
}

in_force if {
	some policy in input.insurance_policies
	policy.kind == "cyber"
	policy.ends_on > as_of
}

findings contains ["INS-01", input.organisation.id] if {
	input.insurance_policies
	not in_force
}

findings contains ["TEN-01", server.id] if {
	some server in input.servers
	not server.tenancy.model in {"dedicated", "shared"}
}

findings contains ["TEN-02", server.id] if {
	some server in input.servers
	server.tenancy.model == "shared"
	not server.data_segregation.method in accepted
}

current contains person.id if {
	some person in input.people
	object.get(person, "end_date", null) == null
}

findings contains ["PLAN-11", input.crisis_plan.coordinator] if {
	input.crisis_plan.coordinator
	not input.crisis_plan.coordinator in current
}

findings contains ["REC-02", test.system] if {
	some test in input.restore_tests
	test.outcome == "pass"
	test.tested_on < "2026-08-02"
}

findings contains ["ACC-01", "email"] if {
	input.email
	object.get(input.email, "mailboxes_with_mfa_count", null) != input.email.mailboxes_count
}
