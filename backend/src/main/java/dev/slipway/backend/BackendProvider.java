package dev.slipway.backend;

/** Opens a backend. Providers are services of their modules; {@link Backends} finds them. */
public interface BackendProvider {

  /** The name by which users choose it: {@code cpu}, {@code cuda}, {@code reference}. */
  String name();

  Availability availability();

  /** How many devices there are, numbered from 0; asked for where the backend is usable. */
  default int deviceCount() {
    return 1;
  }

  /** Opens the backend; the caller closes it. */
  Backend open(BackendOptions options);
}
