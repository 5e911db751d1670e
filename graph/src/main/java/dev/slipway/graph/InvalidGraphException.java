package dev.slipway.graph;

import dev.slipway.tensor.SlipwayException;

/**
 * A graph, or a node of it, that breaks a rule. The message names the node, the offending value and what was expected.
 */
public class InvalidGraphException extends SlipwayException {
  private static final long serialVersionUID = 1;

  public InvalidGraphException(String message) {
    super(message);
  }

  public InvalidGraphException(String message, Throwable cause) {
    super(message, cause);
  }
}
