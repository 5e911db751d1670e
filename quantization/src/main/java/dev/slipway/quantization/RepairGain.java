package dev.slipway.quantization;

/**
 * What a repair gained: signal to noise at the model's outputs in decibels, over some of the calibration samples.
 *
 * @param layers that it changed
 */
public record RepairGain(Repair repair, int layers, double before, double after) {

  /** Whether the repair was kept: it is taken back where it gains nothing. */
  public boolean isKept() {
    return layers > 0 && after > before;
  }
}
