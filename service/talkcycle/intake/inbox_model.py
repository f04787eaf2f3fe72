"""The settings of the service's own mailbox, where answers by mail are read."""

from datetime import timedelta

from talkcycle.domain.service import TlsMode
from talkcycle.intake.mailbox_model import AUTHORITY, CLIENT, TENANT
from talkcycle.intake.service_types import Port, Span, Tenant, WebAddress
from talkcycle.intake.setting_types import Line, Section, required, setting


class ImapSection(Section):
    """The service's own mailbox, where answers by mail are read (IMAP)."""

    host: Line = required("Name or address of the server.", "imap.example.com")
    port: Port | None = setting(None, "Port. Default: 993 with implicit, 143 with starttls and none.", 993)
    tls: TlsMode = setting(
        TlsMode.IMPLICIT,
        "implicit: TLS from the first byte. starttls: refuses to go on without TLS. none: a server on this machine.",
        "implicit",
        "starttls",
        shown="implicit",
    )
    user: Line = required("User to log in as; with client_id the mailbox's address.", "talks@example.com")
    password_env: Line | None = setting(None, "Environment variable with the password.", "TALKCYCLE_IMAP_PASSWORD")
    password_file: Line | None = setting(None, "File with the password.", "/run/secrets/imap_password")
    client_id: Line | None = setting(None, "Id of the registered application, instead of a password.", CLIENT)
    tenant: Tenant | None = setting(None, "Id or domain of its directory.", TENANT)
    authority: WebAddress = setting(
        AUTHORITY, "Who gives tokens; another one in national clouds.", AUTHORITY, shown=AUTHORITY
    )
    secret_env: Line | None = setting(
        None, "Environment variable with the application's secret.", "TALKCYCLE_IMAP_SECRET"
    )
    secret_file: Line | None = setting(None, "File with that secret.", "/run/secrets/imap_secret")
    folder: Line = setting("INBOX", "Folder where mail comes in.", "INBOX", shown="INBOX")
    processed: Line = setting(
        "talkcycle-processed",
        "Folder to which answers and bounces are moved once they are stored; made where it is missing.",
        "talkcycle-processed",
        shown="talkcycle-processed",
    )
    unreadable: Line = setting(
        "talkcycle-unreadable",
        "Folder to which mails are moved that cannot be read; made where it is missing.",
        "talkcycle-unreadable",
        shown="talkcycle-unreadable",
    )
    poll: Span = setting(
        timedelta(minutes=5),
        "Pause between two looks where the server tells of no new mail.",
        "5 min",
        shown="5 min",
    )
    authserv_id: Line | None = setting(
        None,
        "Name by which your mail server signs Authentication-Results. Default: no sender is taken for verified.",
        "mx.example.com",
    )
    ca_file: Line | None = setting(None, "Certificates (PEM) of your own authority. Default: the system's.", "ca.pem")
    timeout: Span = setting(timedelta(seconds=60), "How long to wait for the server's answer.", "60 s", shown="60 s")
