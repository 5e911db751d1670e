package dev.slipway.backend.cpu;

/** Whether kernels use the Vector API. Classes that name it are loaded only then. */
final class VectorSupport {
  /** A system property: {@code off} has the backend take its scalar kernels although the Vector API is there. */
  static final String PROPERTY = "slipway.cpu.vector";

  private static final String MODULE = "jdk.incubator.vector";

  private VectorSupport() {}

  static boolean usable() {
    return resolved() && !isOff();
  }

  static boolean resolved() {
    return ModuleLayer.boot().findModule(MODULE).isPresent();
  }

  /** Why the Vector API is not used and what would change that. */
  static String reason() {
    return resolved()
        ? "system property " + PROPERTY + " is off (leave it out for the fast ones)"
        : "module " + MODULE + " is not resolved (start the JVM with --add-modules=" + MODULE + " for the fast ones)";
  }

  private static boolean isOff() {
    return System.getProperty(PROPERTY, "on").equals("off");
  }
}
