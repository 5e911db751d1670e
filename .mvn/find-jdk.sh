# Sourced by ./mvnw and ./slipway: sets JAVA_HOME to a JDK of feature version $1, or the nearest newer one.
# Reads the "release" file of each candidate, so no JVM is started.
find_jdk() {
  want=$1 best= best_version=0
  path_java=$(command -v java 2>/dev/null) && path_java=$(readlink -f "$path_java" 2>/dev/null) || path_java=
  for home in "${SLIPWAY_JAVA_HOME:-}" "${JAVA_HOME:-}" "${JAVA25_HOME:-}" "${JAVA_HOME_25_X64:-}" \
    /usr/lib/jvm/* /opt/java/* /opt/jdk* /usr/local/jdk* "${HOME:-}"/.sdkman/candidates/java/* "${HOME:-}"/.jdks/* \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "${path_java%/bin/java}"; do
    [ -n "$home" ] && [ -x "$home/bin/javac" ] && [ -r "$home/release" ] || continue
    version=
    while IFS='="' read -r key _ value _; do
      [ "$key" = JAVA_VERSION ] && version=${value%%[!0-9]*} && break
    done <"$home/release"
    [ -n "$version" ] || continue
    if [ "$version" -eq "$want" ]; then
      best=$home
      break
    fi
    if [ "$version" -gt "$want" ] && { [ "$best_version" -eq 0 ] || [ "$version" -lt "$best_version" ]; }; then
      best=$home best_version=$version
    fi
  done
  if [ -z "$best" ]; then
    echo "slipway: no JDK $want or newer found (looked at SLIPWAY_JAVA_HOME, JAVA_HOME, the usual folders, PATH)." >&2
    echo "Install one, for example Temurin from https://adoptium.net, or set SLIPWAY_JAVA_HOME to its folder." >&2
    return 1
  fi
  JAVA_HOME=$best
  export JAVA_HOME
}
