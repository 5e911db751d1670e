package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;
import java.util.Objects;

/** One geometric step between a picture and the input of a network; sizes in pixels. */
public sealed interface ImageStep {

  Image apply(Image image);

  /** To a fixed size, the aspect ratio not kept. */
  record Resize(int width, int height, Interpolation interpolation) implements ImageStep {
    public Resize {
      requireSize(width, height);
      Objects.requireNonNull(interpolation, "interpolation");
    }

    @Override
    public Image apply(Image image) {
      return Resampling.resize(image, width, height, interpolation);
    }
  }

  /** To a fixed length of the shorter side, the aspect ratio kept, the other side rounded. */
  record ResizeShortSide(int side, Interpolation interpolation) implements ImageStep {
    public ResizeShortSide {
      requireSize(side, side);
      Objects.requireNonNull(interpolation, "interpolation");
    }

    @Override
    public Image apply(Image image) {
      double scale = (double) side / Math.min(image.width(), image.height());
      int width = Math.toIntExact(Math.round(image.width() * scale));
      int height = Math.toIntExact(Math.round(image.height() * scale));
      return Resampling.resize(image, width, height, interpolation);
    }
  }

  /** The middle of a picture that is at least as large; odd margins leave the smaller half at the top and left. */
  record CenterCrop(int width, int height) implements ImageStep {
    public CenterCrop {
      requireSize(width, height);
    }

    @Override
    public Image apply(Image image) {
      if (image.width() < width || image.height() < height) {
        throw new SlipwayException("picture: " + image.width() + "x" + image.height() + " (expected: at least the crop's "
            + width + "x" + height + "; resize it first)");
      }
      return image.crop((image.width() - width) / 2, (image.height() - height) / 2, width, height);
    }
  }

  /** Borders of one colour, widths in pixels. */
  record Pad(int left, int top, int right, int bottom, Color color) implements ImageStep {
    @Override
    public Image apply(Image image) {
      return image.pad(left, top, right, bottom, color);
    }
  }

  /** Into a frame of a fixed size, the aspect ratio kept, the rest filled with one colour. */
  record Letterbox(int width, int height, Anchor anchor, Color color, Interpolation interpolation) implements ImageStep {

    /** Where the picture stands in its frame. */
    public enum Anchor {
      TOP_LEFT,
      CENTER
    }

    public Letterbox {
      requireSize(width, height);
      Objects.requireNonNull(anchor, "anchor");
      Objects.requireNonNull(color, "color");
      Objects.requireNonNull(interpolation, "interpolation");
    }

    /** Where a picture of this size comes to stand. */
    public Placement placement(int sourceWidth, int sourceHeight) {
      double scale = Math.min((double) width / sourceWidth, (double) height / sourceHeight);
      int scaledWidth = Math.clamp((int) (sourceWidth * scale), 1, width);
      int scaledHeight = Math.clamp((int) (sourceHeight * scale), 1, height);
      return switch (anchor) {
        case TOP_LEFT -> new Placement(scale, 0, 0, scaledWidth, scaledHeight);
        case CENTER -> new Placement(
            scale, (width - scaledWidth) / 2, (height - scaledHeight) / 2, scaledWidth, scaledHeight);
      };
    }

    @Override
    public Image apply(Image image) {
      Placement placement = placement(image.width(), image.height());
      Image scaled = Resampling.resize(image, placement.width, placement.height, interpolation);
      return scaled.pad(placement.left, placement.top, width - placement.left - placement.width,
          height - placement.top - placement.height, color);
    }
  }

  /**
   * Where a scaled picture stands in its frame.
   *
   * @param scale pixels of the frame for one pixel of the source
   */
  record Placement(double scale, int left, int top, int width, int height) {

    /** A box in the frame, in pixels of the source. */
    public Box toSource(Box box) {
      return new Box((box.left() - left) / scale, (box.top() - top) / scale,
          (box.right() - left) / scale, (box.bottom() - top) / scale);
    }
  }

  private static void requireSize(int width, int height) {
    if (width < 1 || height < 1) {
      throw new SlipwayException("size: " + width + "x" + height + " (expected: at least 1x1)");
    }
  }
}
