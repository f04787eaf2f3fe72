#!/usr/bin/env bash
# Makes sure the mail servers that tests start on loopback are installed, and the browser that looks at pages. Quick when they are.
set -euo pipefail

packages=(postfix dovecot-core dovecot-imapd dovecot-lmtpd openssl chromium)
policy=/usr/sbin/policy-rc.d

program_of() {
    case $1 in
        postfix) echo /usr/sbin/postfix /usr/sbin/smtp-sink ;;
        dovecot-core) echo /usr/sbin/dovecot ;;
        dovecot-imapd) echo /usr/lib/dovecot/imap ;;
        dovecot-lmtpd) echo /usr/lib/dovecot/lmtp ;;
        openssl) echo /usr/bin/openssl ;;
        chromium) echo /usr/bin/chromium ;;
    esac
}

find_missing() {
    local package program
    missing=()
    for package in "${packages[@]}"; do
        for program in $(program_of "$package"); do
            if [[ ! -x $program ]]; then
                missing+=("$package")
                break
            fi
        done
    done
}

# Whatever a package would start is started by nobody: the tests run their own, in a folder of their own.
keep_services_still() {
    kept=
    if [[ -e $policy || -L $policy ]]; then
        kept=$(mktemp -d /usr/sbin/policy-rc.d.kept.XXXXXX)
        mv "$policy" "$kept/policy-rc.d"
    fi
    trap let_services_go EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 0755 "$policy"
}

let_services_go() {
    rm -f "$policy"
    if [[ -n $kept ]]; then
        mv "$kept/policy-rc.d" "$policy"
        rmdir "$kept"
    fi
}

find_missing
if [[ ${#missing[@]} -eq 0 ]]; then
    exit 0
fi
if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
    echo "The tests need these Debian packages, which are missing: ${missing[*]}" >&2
    echo "Install them as root:  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
fi

echo "Installing what the tests need: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
keep_services_still
apt-get update -qq
apt-get install -qq -y --no-install-recommends "${missing[@]}"

find_missing
if [[ ${#missing[@]} -ne 0 ]]; then
    echo "Still missing after the installation: ${missing[*]}" >&2
    exit 1
fi
