"""How an administrator mends what the doctor finds: exact commands of the Exchange Management Shell.

Sources: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-configure-impersonation and
https://learn.microsoft.com/powershell/module/exchange (each command's page).
"""

SCOPE = "New-ManagementScope -Name talkcycle -RecipientRestrictionFilter {MemberOfGroup -eq 'DN OF THE GROUP'}"
"""A group's distinguished name is what Get-DistributionGroup GROUP | Format-List DistinguishedName shows."""
ROOMS_BY_HAND = (
    "Get-Mailbox -RecipientTypeDetails RoomMailbox | Get-CalendarProcessing | "
    "Format-List Identity, AutomateProcessing, BookingWindowInDays   "
    "# Set-CalendarProcessing ROOM -AutomateProcessing AutoAccept -BookingWindowInDays 365"
)
ROOM_LIST = 'New-DistributionGroup -Name "ROOMS OF A SITE" -RoomList -Members ROOM1, ROOM2'
CLOCK = "timedatectl set-ntp true   # and see that the time service reaches its server; on the server: w32tm /resync"
CERTIFICATE = "Get-ExchangeCertificate | Format-List Thumbprint, NotAfter, Services   # Enable-ExchangeCertificate"
AUTHORITY = "Name the file (PEM) of the organisation's own authority as exchange.ca_file in service.yaml."
REACH = (
    "Correct exchange.endpoint in service.yaml: Get-WebServicesVirtualDirectory | Format-List InternalUrl, ExternalUrl; "
    "and let this machine through to it."
)
LOGIN = (
    "Correct exchange.user, exchange.login and the secret. Which logins the server takes: "
    "Get-WebServicesVirtualDirectory | Format-List BasicAuthentication, WindowsAuthentication, OAuthAuthentication. "
    "Whether the account is locked: "
    "Get-ADUser USER -Properties LockedOut, PasswordExpired"
)
AVAILABILITY = "Set-MailboxFolderPermission MAILBOX:\\Calendar -User Default -AccessRights AvailabilityOnly"
ELSEWHERE = (
    "Let routes in service.yaml, or the roster's column, name the transport that serves it (Get-Recipient MAILBOX)."
)
AGAIN = "Run the command again; if it stays so, look at the server's EWS log (Logging\\Ews)."
ADDRESS_LIST = "Get-Mailbox USER | Format-List AddressBookPolicy   # the service account has to see the address list"


def impersonation(user: str, mailbox: str) -> str:
    """The role, over the mailboxes of a scope and no others."""
    return (
        f"{SCOPE}; New-ManagementRoleAssignment -Name talkcycle -Role ApplicationImpersonation -User {user} "
        f"-CustomRecipientWriteScope talkcycle   # with {mailbox} in that group"
    )


def narrower(user: str, mailbox: str) -> str:
    """Take away an assignment without a scope, or one that reaches too far."""
    return (
        f"Get-ManagementRoleAssignment -RoleAssignee {user} -Role ApplicationImpersonation | "
        f"Format-List Name, CustomRecipientWriteScope, RecipientWriteScope   # one reaches {mailbox}: "
        f"Remove-ManagementRoleAssignment NAME; {SCOPE}; New-ManagementRoleAssignment -Name talkcycle "
        f"-Role ApplicationImpersonation -User {user} -CustomRecipientWriteScope talkcycle"
    )


def password(user: str) -> str:
    return (
        f"Set-ADAccountPassword {user} -Reset   # then give the new one as the secret; "
        f"or Set-ADUser {user} -PasswordNeverExpires $true, if policy allows"
    )


def ews_enabled(user: str) -> str:
    return f"Set-CASMailbox {user} -EwsEnabled $true"
