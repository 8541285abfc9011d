"""`policyscan init`: a short commented inventory to fill in."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import click

from policyscan.errors import UsageError

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

CLIENT = """\
# policyscan inventory of one client. Write what is true, not what should be: a blank means "not known
# yet" and is never counted against you as a fail; null means "known: there is none".
# Dates are YYYY-MM-DD; instants carry an offset, as in 2026-10-30T16:12:00-05:00.
# More keys: policyscan schema client. What a control reads: policyscan explain PLAN-11.
schema_version: 1
kind: client
as_of: {today}                # the day on which these facts were true
time_zone: UTC                    # for instance Europe/London or America/Chicago
currency: USD

organisation:
  id: {id}
  name:                           # as on its insurance policies
  employees_count:

people:                           # everyone who works there, and everyone named below
#  - {{id: p-rita, name: Rita Example, leadership: true, start_date: 2020-01-01, end_date: null}}

devices:                          # every computer that touches the business's data
#  - id: pc-1
#    in_scope: true
#    last_seen: {today}T09:00:00+00:00
#    os: {{name: Windows 11, version: 25H2, support_ends: 2027-10-12}}
#    antivirus: {{product: Defender, active: true, definitions_date: {today}}}
#    patches: {{scanned_on: {today}, missing: []}}

servers:                          # also what a provider runs for it; [] if there are none
#  - {{id: srv-1, provider: our-provider, internet_facing: false, tenancy: {{model: dedicated}}}}

websites:                         # [] if there are none
#  - {{id: www, url: "https://www.example.com", hosted_on: srv-1}}

email:
  mailboxes_count:
  mailboxes_with_mfa_count:       # how many of them ask for a second factor
  admin_accounts_count:
  admin_accounts_with_mfa_count:

remote_access:                    # ways in from outside; [] if there are none
#  - {{id: vpn, kind: vpn, mfa: true}}

training:                         # who completed which security training, and when
#  - {{person: p-rita, course: Security basics, topics: [phishing, incident_reporting], completed_on: {today}}}

critical_systems:                 # what the business cannot work without
#  - {{id: files, name: File server, restore_priority: 1, rto_hours: 24, rpo_hours: 24, hosted_on: srv-1}}

backups:
#  - {{id: bk-files, system: files, last_success: {today}T02:00:00+00:00, copies: [{{location: cloud, isolated: true}}]}}

restore_tests:                    # restores that someone really did
#  - {{system: files, tested_on: {today}, outcome: pass, restore_hours: 3, kind: full_restore}}

insurance_policies:               # [] if there are none
#  - {{id: cyber, kind: cyber, named_insured: Example Ltd, starts_on: 2026-01-01, ends_on: 2027-01-01}}

providers:                        # IT and cloud providers; profile: the id of the provider's own inventory
#  - {{id: our-provider, name: Our IT Provider, criticality: critical}}

crisis_plan:                      # null if there is none
#  document: Crisis plan.docx
#  approved_by: p-rita
#  scenarios: [ransomware, data_breach]
#  coordinator: p-rita
#  deputy: null
"""

PROVIDER = """\
# policyscan inventory of one IT provider or freelancer. Write what is true, not what should be: a blank
# means "not known yet" and is never counted as a fail; null means "known: there is none".
# More keys: policyscan schema provider. What a control reads: policyscan explain PROV-05.
schema_version: 1
kind: provider
as_of: {today}                # the day on which these facts were true
time_zone: UTC                    # for instance Europe/London or America/Chicago
currency: USD

organisation:
  id: {id}
  name:

staff:
#  - {{id: s-ana, name: Ana Example, technical: true, on_call: true, end_date: null}}

support:
  business_hours:                 # staffed_desk, single_mobile, …
  out_of_hours:                   # staffed_24x7, on_call_rota, single_mobile or none

on_call_rota:                     # one row a shift
#  - {{starts_at: 2026-10-26T17:30:00+00:00, ends_at: 2026-10-27T08:00:00+00:00, primary: s-ana, secondary: null}}

contact_tests:                    # calls made at night to see who answers
#  - {{called_at: 2026-08-16T02:10:00+00:00, answered_after_minutes: 6}}

insurance_policies:               # [] if there are none
#  - {{id: eo, kind: errors_and_omissions, form: claims_made, retroactive_date: 2020-01-01, starts_on: 2026-01-01, ends_on: 2027-01-01}}
"""

_TEMPLATES = {"client": ("clients", CLIENT), "provider": ("providers", PROVIDER)}


@click.command("init")
@click.argument("name")
@click.option("--kind", type=click.Choice(list(_TEMPLATES)), default="client", show_default=True, help="What to describe.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it instead.")
def command(name: str, kind: str, output: Path | None) -> int:
    """Write a short commented inventory for NAME, to fill in.

    NAME becomes its id and its file's name: inventories/clients/NAME.yaml. Nothing is overwritten.
    """
    if not _ID.fullmatch(name):
        hint = "use lower-case letters, digits and single hyphens, as in elm-vets"
        raise UsageError(f"{name!r} cannot be an id", hint=hint)
    folder, template = _TEMPLATES[kind]
    path = output or Path("inventories") / folder / f"{name}.yaml"
    text = template.format(id=name, today=date.today().isoformat())  # noqa: DTZ011 - the user's own day
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already", hint="choose another name, or edit that file") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    click.echo(f"wrote {path}")
    click.echo(f"Fill in what you know, then run: policyscan scan {path}")
    return 0
