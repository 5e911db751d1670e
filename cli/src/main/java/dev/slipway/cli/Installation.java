package dev.slipway.cli;

import java.nio.file.Path;
import java.util.Optional;

/** Where this program was started from. */
final class Installation {
  static final String ROOT_PROPERTY = "slipway.root";

  private Installation() {}

  /** The root of the checkout or distribution, as the launcher gives it. */
  static Optional<Path> root() {
    return Optional.ofNullable(System.getProperty(ROOT_PROPERTY)).map(Path::of);
  }
}
