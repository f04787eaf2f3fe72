"""How an administrator mends what the doctor finds: the exact command, in Microsoft's own PowerShell modules.

Exchange's part runs after ``Connect-ExchangeOnline``, Entra's after ``Connect-MgGraph``. Sources:
https://learn.microsoft.com/exchange/permissions-exo/application-rbac (scoped rights; the union with tenant-wide grants
counts) and https://learn.microsoft.com/graph/permissions-grant-via-msgraph.
"""

from collections.abc import Mapping

GRAPH_ITSELF = "00000003-0000-0000-c000-000000000000"
NEW_KEY = (
    "Connect-MgGraph -Scopes Application.ReadWrite.All; $app = Get-MgApplication -Filter \"AppId eq '{client}'\"; "
    "(Add-MgApplicationPassword -ApplicationId $app.Id).SecretText   # then give this text as graph's secret"
)
CERTIFICATE = (
    "Connect-MgGraph -Scopes Application.ReadWrite.All; $app = Get-MgApplication -Filter \"AppId eq '{client}'\"; "
    "$cert = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new('talkcycle.cer'); "
    "Update-MgApplication -ApplicationId $app.Id "
    "-KeyCredentials @(@{{Type='AsymmetricX509Cert'; Usage='Verify'; Key=$cert.RawData}})"
)
CLOCK = "timedatectl set-ntp true   # and see that the time service reaches its server"
ROOMS_BY_HAND = (
    "Get-EXOMailbox -RecipientTypeDetails RoomMailbox | Get-CalendarProcessing | "
    "Format-Table Identity, AutomateProcessing, BookingWindowInDays   "
    "# Set-CalendarProcessing ROOM -AutomateProcessing AutoAccept -BookingWindowInDays 365"
)
_IDENTITY = (
    "Correct graph.client_id or graph.tenant in service.yaml: "
    "Connect-MgGraph; (Get-MgContext).TenantId; Get-MgApplication -All | Format-Table DisplayName, AppId"
)
_ENABLED = (
    "Connect-MgGraph -Scopes Application.ReadWrite.All; "
    "$sp = Get-MgServicePrincipal -Filter \"AppId eq '{client}'\"; "
    "Update-MgServicePrincipal -ServicePrincipalId $sp.Id -AccountEnabled:$true"
)
_ADMITTED = (
    "Leave the application out of the policy, or let it in from this machine's network: Connect-MgGraph -Scopes "
    "Policy.Read.All; Get-MgIdentityConditionalAccessPolicy | Format-Table DisplayName, State"
)
LOGINS: Mapping[str, tuple[str, str]] = {
    "AADSTS7000215": ("the secret is wrong (its value counts, not its id)", NEW_KEY),
    "AADSTS7000222": ("the secret has expired", NEW_KEY),
    "AADSTS7000218": ("neither secret nor certificate was sent", NEW_KEY),
    "AADSTS700016": ("the tenant does not know the application", _IDENTITY),
    "AADSTS90002": (
        "there is no such tenant",
        "Correct graph.tenant in service.yaml: Connect-MgGraph; (Get-MgContext).TenantId",
    ),
    "AADSTS700027": ("the application has another certificate registered than ours", CERTIFICATE),
    "AADSTS700024": ("the assertion's time is not now: this machine's clock is wrong", CLOCK),
    "AADSTS7000112": ("the application has been disabled", _ENABLED),
    "AADSTS53003": ("a Conditional Access policy blocks the application", _ADMITTED),
}


_SIGN_INS = (
    "Look it up: https://login.microsoftonline.com/error, and see the sign-in's details: Connect-MgGraph -Scopes "
    "AuditLog.Read.All; Get-MgBetaAuditLogSignIn -Filter \"appId eq '{client}' and "
    "signInEventTypes/any(t: t eq 'servicePrincipal')\" -Top 5"
)


def login(code: str, client: str) -> tuple[str, str]:
    """What an AADSTS *code* means, and how to mend it."""
    meaning, mend = LOGINS.get(code, ("the login was refused", _SIGN_INS))
    return meaning, mend.format(client=client)


def calendars(client: str, mailbox: str) -> str:
    """Open the calendars of a group, *mailbox* among its members, and see that it counts."""
    return (
        f"{_principal(client)}; New-ServicePrincipal -AppId {client} -ObjectId $sp.Id -DisplayName talkcycle; "
        f"Add-DistributionGroupMember talkcycle -Member {mailbox}; "
        "$dn = (Get-DistributionGroup talkcycle).DistinguishedName; "
        "New-ManagementScope talkcycle -RecipientRestrictionFilter \"MemberOfGroup -eq '$dn'\"; "
        'New-ManagementRoleAssignment -App $sp.Id -Role "Application Calendars.ReadWrite" '
        f"-CustomResourceScope talkcycle; {tested(client, mailbox)}   # {_AGAIN}"
    )


def mail(client: str, sender: str) -> str:
    """Open the service's own mailbox for mail, and no other."""
    assignments = "; ".join(
        f'New-ManagementRoleAssignment -App $sp.Id -Role "Application {right}" -CustomResourceScope talkcycle-sender'
        for right in ("Mail.ReadWrite", "Mail.Send")
    )
    return (
        f"{_principal(client)}; New-ServicePrincipal -AppId {client} -ObjectId $sp.Id -DisplayName talkcycle; "
        f"New-ManagementScope talkcycle-sender -RecipientRestrictionFilter \"PrimarySmtpAddress -eq '{sender}'\"; "
        f"{assignments}; {tested(client, sender)}   # {_AGAIN}"
    )


_AGAIN = "what is there already need not be made again; changes count within two hours"


def tested(client: str, mailbox: str) -> str:
    """See what counts in *mailbox*."""
    return f"Test-ServicePrincipalAuthorization -Identity {client} -Resource {mailbox} | Format-Table"


def unscoped(client: str, mailbox: str) -> str:
    """See why *mailbox* can be opened, and take out what opens it."""
    return (
        f"{tested(client, mailbox)}; Get-ManagementRoleAssignment -GetEffectiveUsers:$false | "
        f"Where-Object App -eq {client}   # Remove-ManagementRoleAssignment those without CustomResourceScope; "
        f"Remove-DistributionGroupMember talkcycle -Member {mailbox}"
    )


def granted(right: str, client: str) -> str:
    """Give *right* in the whole tenant, where there is no narrower one."""
    return (
        f"{_graph_role(right, client)}; New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $sp.Id "
        "-PrincipalId $sp.Id -ResourceId $graph.Id -AppRoleId $role.Id"
    )


def revoked(right: str, client: str) -> str:
    """Take *right* in the whole tenant away."""
    return (
        f"{_graph_role(right, client)}; Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $sp.Id | "
        "Where-Object AppRoleId -eq $role.Id | ForEach-Object { Remove-MgServicePrincipalAppRoleAssignment "
        "-ServicePrincipalId $sp.Id -AppRoleAssignmentId $_.Id }"
    )


def unreachable(host: str) -> str:
    """See whether this machine reaches *host*."""
    return f"Let this machine reach {host} on port 443 (firewall, HTTPS_PROXY): curl -v https://{host}/"


def _graph_role(right: str, client: str) -> str:
    return (
        f"{_principal(client, 'AppRoleAssignment.ReadWrite.All, ')}; "
        f"$graph = Get-MgServicePrincipal -Filter \"AppId eq '{GRAPH_ITSELF}'\"; "
        f"$role = $graph.AppRoles | Where-Object Value -eq '{right}'"
    )


def _principal(client: str, scopes: str = "") -> str:
    return (
        f"Connect-MgGraph -Scopes {scopes}Application.Read.All; "
        f"$sp = Get-MgServicePrincipal -Filter \"AppId eq '{client}'\""
    )
