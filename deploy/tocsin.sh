#!/bin/sh
# A command of Tocsin beside the service of deploy/tocsin.service: as its user, with its configuration and its secrets.
#   install -m 0755 deploy/tocsin.sh /usr/local/bin/tocsin      and then, as root: tocsin status
unit=tocsin-command-$$
trap 'systemctl stop "$unit"' INT  # where the output goes to a file, Ctrl-C reaches systemd-run only
systemd-run --unit="$unit" --quiet --collect --wait --pty --pipe --service-type=exec \
    --uid=tocsin --gid=tocsin \
    --property=StateDirectory=tocsin --property=StateDirectoryMode=0700 --property=UMask=0077 \
    --property=WorkingDirectory=/var/lib/tocsin --property=LimitNOFILE=65536 \
    --property=EnvironmentFile=-/etc/tocsin/secrets.env \
    --setenv=TOCSIN_CONFIG=/etc/tocsin/config.yaml --setenv=TERM="${TERM:-dumb}" \
    /opt/tocsin/bin/tocsin "$@"
