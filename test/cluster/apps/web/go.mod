module kubenova.io/test/cluster/apps/web

go 1.26.0

require github.com/coder/websocket v1.8.14
