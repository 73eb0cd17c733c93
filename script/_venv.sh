# Sourced by the scripts beside it: makes .venv from the lock file, once, and again when the lock changes.
# Sets $root and $python. Usage: prepare requirements/FILE.txt

root=$(cd "$(dirname "$0")/.." && pwd)
python=$root/.venv/bin/python
PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}
export PATH PIP_DISABLE_PIP_VERSION_CHECK=1
unset PYTHONHOME PYTHONPATH PIP_FIND_LINKS PIP_REQUIRE_VIRTUALENV

fail() {
    echo "$*" >&2
    exit 1
}

find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed; none was found on the PATH."
}

install_lock() {
    if ! "$python" -m pip --version >/dev/null 2>&1; then
        base=$(find_python) || exit 1
        "$base" -c 'import ensurepip, venv' 2>/dev/null ||
            fail "$base cannot make virtual environments; on Debian and Ubuntu install python3-venv."
        rm -rf "$root/.venv"
        "$base" -m venv "$root/.venv" || fail "cannot make $root/.venv"
    fi
    echo "Installing the locked dependencies into .venv (once) ..." >&2
    "$python" -m pip install --quiet --require-hashes --no-input -r "$root/$1" >&2 || fail "the dependencies could not be installed"
    "$python" -m pip install --quiet --no-deps --no-build-isolation --no-input -e "$root" >&2 || fail "the project could not be installed"
}

prepare() {
    wanted=$(cat "$root/$1" "$root/pyproject.toml" | cksum)
    stamp=$root/.venv/installed-$(basename "$1" .txt)
    mkdir -p "$root/.venv"
    if command -v flock >/dev/null; then
        exec 9>"$root/.venv.lock" && flock 9
    fi
    if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
        install_lock "$1"
        echo "$wanted" >"$stamp"
    fi
    exec 9>&-
}
