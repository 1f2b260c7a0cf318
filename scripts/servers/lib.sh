# Servers for tests and measurements: Redis and PostgreSQL on free ports, in a folder that goes with them.
# To be sourced by bash.

need() { # COMMAND PACKAGE: installs the Debian package unless the command is there
  command -v "$1" >/dev/null 2>&1 && return
  if [ -z "${APT_UPDATED:-}" ]; then
    apt-get update -qq
    APT_UPDATED=1
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

postgres_bin() { # the newest PostgreSQL that Debian installed
  ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1
}

servers_start() {
  SERVERS=$(mktemp -d)
  chmod 755 "$SERVERS"
  redis_start
  postgres_start
}

redis_start() {
  local port
  port=$(free_port)
  redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --daemonize yes \
    --pidfile "$SERVERS/redis.pid" --dir "$SERVERS" --logfile "$SERVERS/redis.log" >/dev/null
  REDIS_URL=redis://127.0.0.1:$port/
  for _ in $(seq 50); do
    redis-cli -p "$port" ping >/dev/null 2>&1 && return
    sleep 0.1
  done
  echo "Redis did not start" >&2
  return 1
}

postgres_start() {
  local port bin
  bin=$(postgres_bin)
  port=$(free_port)
  install -d -o postgres "$SERVERS/postgres"
  runuser -u postgres -- "$bin/initdb" -D "$SERVERS/postgres" -A trust -U postgres --no-sync >/dev/null
  runuser -u postgres -- "$bin/pg_ctl" -D "$SERVERS/postgres" -l "$SERVERS/postgres/log" -w \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=200" start >/dev/null
  POSTGRES_URL=postgres://postgres@127.0.0.1:$port/postgres
}

servers_stop() {
  [ -f "$SERVERS/redis.pid" ] && kill "$(cat "$SERVERS/redis.pid")" 2>/dev/null
  [ -d "$SERVERS/postgres" ] && runuser -u postgres -- "$(postgres_bin)/pg_ctl" -D "$SERVERS/postgres" -m immediate stop >/dev/null 2>&1
  rm -rf "$SERVERS"
}
