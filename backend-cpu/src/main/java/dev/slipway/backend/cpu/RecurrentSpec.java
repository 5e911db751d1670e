package dev.slipway.backend.cpu;

/**
 * What a {@link RecurrentKernel} is specialised to.
 *
 * @param hidden units of the state
 * @param peepholes whether gates see the cell state too
 */
record RecurrentSpec(RecurrentCell cell, int hidden, boolean peepholes) {
  @Override
  public String toString() {
    return cell + " " + hidden + (peepholes ? " with peepholes" : "");
  }

  int blocks() {
    return GateProduct.blocks(hidden);
  }
}
