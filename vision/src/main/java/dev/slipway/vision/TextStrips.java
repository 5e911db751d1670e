package dev.slipway.vision;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.List;

/** Upright strips of text as input of a PP-OCR network: height 48, BGR, -1 to 1, zeros to the right of the text. */
final class TextStrips {
  static final int HEIGHT = 48;

  private TextStrips() {}

  /** The width of a strip at the height of the network, at most {@code maxWidth}. */
  static int width(Image strip, int maxWidth) {
    double width = Math.ceil((double) HEIGHT * strip.width() / strip.height());
    return (int) Math.clamp(width, 1, maxWidth);
  }

  /** N×3×48×width; wider strips are squeezed. */
  static Tensor input(List<Image> strips, int width) {
    Tensor input = Tensor.allocate(DType.FLOAT32, strips.size(), 3, HEIGHT, width);
    for (int i = 0; i < strips.size(); i++) {
      Image strip = strips.get(i).to(PixelFormat.BGR);
      Image scaled = Resampling.resize(strip, width(strip, width), HEIGHT, Interpolation.BILINEAR);
      Planes.write(scaled, Normalization.SYMMETRIC, input, i);
    }
    return input;
  }
}
