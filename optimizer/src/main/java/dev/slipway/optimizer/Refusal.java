package dev.slipway.optimizer;

/** Why a pass left a node as it is. */
public record Refusal(String pass, String node, String reason) {
  @Override
  public String toString() {
    return pass + " left " + node + ": " + reason;
  }
}
