package dev.slipway.vision;

import dev.slipway.tensor.SlipwayException;
import java.util.Objects;

/** One geometric step between a picture and the input of a network; sizes in pixels. */
public sealed interface ImageStep {

  Image apply(Image image);

  /** Where a picture of this size comes to stand in what {@link #apply} gives. */
  Placement placement(int sourceWidth, int sourceHeight);

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

    @Override
    public Placement placement(int sourceWidth, int sourceHeight) {
      return Placement.resized(sourceWidth, sourceHeight, width, height);
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
      Placement placement = placement(image.width(), image.height());
      return Resampling.resize(image, placement.width, placement.height, interpolation);
    }

    @Override
    public Placement placement(int sourceWidth, int sourceHeight) {
      double scale = (double) side / Math.min(sourceWidth, sourceHeight);
      return Placement.resized(
          sourceWidth, sourceHeight, rounded(sourceWidth * scale), rounded(sourceHeight * scale));
    }

    private static int rounded(double side) {
      return Math.clamp(Math.round(side), 1, Integer.MAX_VALUE);
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
        throw new SlipwayException("picture: " + image.width() + "x" + image.height()
            + " (expected: at least the crop's " + width + "x" + height + "; resize it first)");
      }
      Placement placement = placement(image.width(), image.height());
      return image.crop(-placement.left, -placement.top, width, height);
    }

    @Override
    public Placement placement(int sourceWidth, int sourceHeight) {
      return new Placement(1, 1, -((sourceWidth - width) / 2), -((sourceHeight - height) / 2), width, height);
    }
  }

  /** Borders of one colour, widths in pixels. */
  record Pad(int left, int top, int right, int bottom, Color color) implements ImageStep {
    @Override
    public Image apply(Image image) {
      return image.pad(left, top, right, bottom, color);
    }

    @Override
    public Placement placement(int sourceWidth, int sourceHeight) {
      return new Placement(1, 1, left, top, left + sourceWidth + right, top + sourceHeight + bottom);
    }
  }

  /** Into a frame of a fixed size, the aspect ratio kept, the rest filled with one colour. */
  record Letterbox(int width, int height, Anchor anchor, Color color, Interpolation interpolation)
      implements ImageStep {

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

    @Override
    public Image apply(Image image) {
      Placement placement = placement(image.width(), image.height());
      int scaledWidth = scaled(image.width(), placement.scaleX, width);
      int scaledHeight = scaled(image.height(), placement.scaleY, height);
      return Resampling.resize(image, scaledWidth, scaledHeight, interpolation)
          .pad(placement.left, placement.top, width - placement.left - scaledWidth,
              height - placement.top - scaledHeight, color);
    }

    @Override
    public Placement placement(int sourceWidth, int sourceHeight) {
      double scale = Math.min((double) width / sourceWidth, (double) height / sourceHeight);
      return switch (anchor) {
        case TOP_LEFT -> new Placement(scale, scale, 0, 0, width, height);
        case CENTER -> new Placement(scale, scale, (width - scaled(sourceWidth, scale, width)) / 2,
            (height - scaled(sourceHeight, scale, height)) / 2, width, height);
      };
    }

    static int scaled(int side, double scale, int limit) {
      return Math.clamp((int) (side * scale), 1, limit);
    }
  }

  /**
   * Where a source picture stands in a frame.
   *
   * @param scaleX pixels of the frame for one pixel of the source
   * @param scaleY the same from top to bottom
   * @param left of the source's left edge, in pixels of the frame; negative where it is cut off
   * @param top of the source's top edge
   * @param width of the frame
   * @param height of the frame
   */
  record Placement(double scaleX, double scaleY, int left, int top, int width, int height) {

    private static Placement resized(int sourceWidth, int sourceHeight, int width, int height) {
      return new Placement((double) width / sourceWidth, (double) height / sourceHeight, 0, 0, width, height);
    }

    /** A box in the frame, in pixels of the source. */
    public Box toSource(Box box) {
      return new Box((box.left() - left) / scaleX, (box.top() - top) / scaleY,
          (box.right() - left) / scaleX, (box.bottom() - top) / scaleY);
    }
  }

  private static void requireSize(int width, int height) {
    if (width < 1 || height < 1) {
      throw new SlipwayException("size: " + width + "x" + height + " (expected: at least 1x1)");
    }
  }
}
