package dev.slipway.vision;

/** The channels of one pixel, in memory order, one unsigned byte each. */
public enum PixelFormat {
  RGB(3),
  BGR(3),
  GREY(1);

  private final int channels;

  PixelFormat(int channels) {
    this.channels = channels;
  }

  /** Bytes of one pixel. */
  public int channels() {
    return channels;
  }
}
