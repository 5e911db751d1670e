package dev.slipway.quantization;

/** Why a node stays in floating point. */
public record KeptFloat(String node, String operator, String reason) {
  @Override
  public String toString() {
    return node + " (" + operator + "): " + reason;
  }
}
