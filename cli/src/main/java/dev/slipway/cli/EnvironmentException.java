package dev.slipway.cli;

import dev.slipway.tensor.SlipwayException;

/** This machine lacks something that the command needs. */
final class EnvironmentException extends SlipwayException {
  private static final long serialVersionUID = 1;

  EnvironmentException(String message) {
    super(message);
  }

  EnvironmentException(String message, Throwable cause) {
    super(message, cause);
  }
}
