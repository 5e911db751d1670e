package dev.slipway.vision;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The way from a picture to the input of a network, float32 N×C×H×W:
 *
 * <pre>{@code
 * Preprocessing.to(PixelFormat.RGB).resizeShortSide(256).centerCrop(224, 224).normalize(Normalization.IMAGENET)
 * }</pre>
 *
 * <p>Immutable; threads may share one.
 */
public record Preprocessing(PixelFormat format, List<ImageStep> steps, Normalization normalization) {

  public Preprocessing {
    steps = List.copyOf(steps);
  }

  /** Pixel values 0 to 255 in this order of channels, nothing else. */
  public static Preprocessing to(PixelFormat format) {
    return new Preprocessing(format, List.of(), Normalization.NONE);
  }

  public Preprocessing resize(int width, int height) {
    return then(new ImageStep.Resize(width, height, Interpolation.BILINEAR));
  }

  public Preprocessing resizeShortSide(int side) {
    return then(new ImageStep.ResizeShortSide(side, Interpolation.BILINEAR));
  }

  public Preprocessing centerCrop(int width, int height) {
    return then(new ImageStep.CenterCrop(width, height));
  }

  /** Into a frame, the aspect ratio kept. */
  public Preprocessing letterbox(int width, int height, ImageStep.Letterbox.Anchor anchor, Color color) {
    return then(new ImageStep.Letterbox(width, height, anchor, color, Interpolation.BILINEAR));
  }

  public Preprocessing then(ImageStep step) {
    List<ImageStep> longer = new ArrayList<>(steps);
    longer.add(step);
    return new Preprocessing(format, longer, normalization);
  }

  public Preprocessing normalize(Normalization other) {
    return new Preprocessing(format, steps, other);
  }

  /** The input for one picture, a batch of one. */
  public Tensor apply(Image image) {
    return apply(List.of(image));
  }

  /**
   * The input for several pictures.
   *
   * @throws SlipwayException where there is none, or the steps leave them with different sizes
   */
  public Tensor apply(List<Image> images) {
    List<Image> prepared = images.stream().map(this::prepare).toList();
    if (prepared.isEmpty()) {
      throw new SlipwayException("pictures: 0 (expected: at least 1)");
    }
    Image first = prepared.getFirst();
    Tensor batch = Tensor.allocate(DType.FLOAT32, prepared.size(), format.channels(), first.height(), first.width());
    for (int i = 0; i < prepared.size(); i++) {
      Image image = prepared.get(i);
      if (image.width() != first.width() || image.height() != first.height()) {
        throw new SlipwayException("picture " + i + " of the batch: " + image.width() + "x" + image.height()
            + " (expected: " + first.width() + "x" + first.height()
            + ", as the first; add a resize or letterbox step)");
      }
      Planes.write(image, normalization, batch, i);
    }
    return batch;
  }

  /**
   * Takes a box back to the picture that it was found in.
   *
   * @param box in pixels of the network's input
   * @param width of the picture
   * @param height of the picture
   * @return in pixels of the picture, not clipped
   */
  public Box toSource(Box box, int width, int height) {
    List<ImageStep.Placement> placements = new ArrayList<>();
    int frameWidth = width;
    int frameHeight = height;
    for (ImageStep step : steps) {
      ImageStep.Placement placement = step.placement(frameWidth, frameHeight);
      placements.add(placement);
      frameWidth = placement.width();
      frameHeight = placement.height();
    }
    Box source = box;
    for (ImageStep.Placement placement : placements.reversed()) {
      source = placement.toSource(source);
    }
    return source;
  }

  private Image prepare(Image image) {
    Image prepared = image.to(format);
    for (ImageStep step : steps) {
      prepared = step.apply(prepared);
    }
    return prepared;
  }
}
