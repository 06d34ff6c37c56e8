#!/bin/sh
# A conversation and its consequences, with curl alone: evi-emulator exec -- sh check.sh
set -eu

ask() { # METHOD PATH [BODY]
    curl --silent --show-error --fail-with-body --noproxy '*' -X "$1" "$HUME_BASE_URL$2" \
        -H "X-Hume-Api-Key: $HUME_API_KEY" -H 'Content-Type: application/json' ${3:+-d "$3"}
}

expect() { # WHAT IN
    case $2 in
    *"$1"*) echo "ok: $1" ;;
    *) echo "not found: $1 in $2" >&2 && exit 1 ;;
    esac
}

# A config, and a script for the assistant.
ask POST /v0/evi/configs '{"name": "Weather", "evi_version": "3"}' >/dev/null
ask PUT /_emulator/script \
    '{"script": {"rules": [{"when": "weather", "answer": "It snows in Oslo."}]}}' >/dev/null

# A conversation, twenty minutes later.
chat=$(ask POST /_emulator/simulate '{"user": ["The weather?"], "end_reason": "ACTIVE"}')
chat_id=$(echo "$chat" | sed 's/.*"chat_id": *"\([^"]*\)".*/\1/')
ask POST /_emulator/clock/advance '{"seconds": 1200}' >/dev/null

found=$(ask GET "/v0/evi/chats/$chat_id?page_size=100")
expect 'It snows in Oslo.' "$found"
expect INACTIVITY_TIMEOUT "$found"

# The next answer of an operation is an error, once.
ask POST /_emulator/stubs '{"operation": "list-tools", "status": 503}' >/dev/null
expect Stubbed "$(ask GET /v0/evi/tools || true)"
expect get_order_status "$(ask GET /v0/evi/tools)"

# What happened, or is about to.
expect create-config "$(ask GET '/_emulator/journal/wait?operation=create-config&timeout=5')"
