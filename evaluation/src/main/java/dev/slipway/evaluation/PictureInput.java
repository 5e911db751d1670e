package dev.slipway.evaluation;

import dev.slipway.graph.Graph;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import dev.slipway.vision.ImageStep;
import dev.slipway.vision.PixelFormat;
import dev.slipway.vision.PixelOrder;
import dev.slipway.vision.Preprocessing;
import dev.slipway.vision.PreprocessingLayer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A picture as the input of a network, in the element type that the model takes.
 *
 * @param name of the input; empty where the model has but one
 */
public record PictureInput(String name, Preprocessing preprocessing, Layout layout) implements InputProcessing {

  /** The order of dimensions. */
  public enum Layout {
    /** Batch, channels, height, width. */
    NCHW(2),
    /** Batch, height, width, channels. */
    NHWC(1);

    private final int heightAxis;

    Layout(int heightAxis) {
      this.heightAxis = heightAxis;
    }

    int height(Tensor tensor) {
      return Math.toIntExact(tensor.dim(heightAxis));
    }

    int width(Tensor tensor) {
      return Math.toIntExact(tensor.dim(heightAxis + 1));
    }
  }

  public PictureInput {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(preprocessing, "preprocessing");
    Objects.requireNonNull(layout, "layout");
  }

  @Override
  public boolean hasFixedShape() {
    return preprocessing.steps().stream().anyMatch(step -> switch (step) {
      case ImageStep.Resize resize -> true;
      case ImageStep.CenterCrop crop -> true;
      case ImageStep.Letterbox letterbox -> true;
      case ImageStep.ResizeShortSide resize -> false;
      case ImageStep.Pad pad -> false;
    });
  }

  @Override
  public List<Sample> prepare(Item item, Map<String, ValueType> inputs) {
    if (!(item.content() instanceof Content.Picture(var image))) {
      throw new SlipwayException(item.name() + ": no picture (expected: a data set of pictures, as the input"
          + " \"picture\" of the processing says)");
    }
    String input = ModelValues.only("input", name, inputs.keySet());
    Tensor planes = preprocessing.apply(image);
    Tensor ordered = layout == Layout.NCHW ? planes : interleave(planes);
    DType dtype = inputs.get(input) instanceof TensorType type ? type.dtype() : DType.FLOAT32;
    return List.of(new Sample(item.name(), Map.of(input, convert(ordered, dtype)), item.label()));
  }

  /**
   * A network that takes decoded pictures where it took this input, uint8[N, H, W, C]: the preparation is its first
   * layer, which a GPU computes in one kernel.
   *
   * @param source the channels of the pictures
   * @throws SlipwayException where the prepared pictures do not fit the network
   */
  public Graph prepend(Graph network, PixelFormat source) {
    List<String> inputs = network.inputs().stream().map(id -> network.value(id).name()).toList();
    return PreprocessingLayer.prepend(network, ModelValues.only("input", name, new LinkedHashSet<>(inputs)),
        preprocessing, source, layout == Layout.NCHW ? PixelOrder.PLANAR : PixelOrder.INTERLEAVED);
  }

  private static Tensor interleave(Tensor planes) {
    long channels = planes.dim(1);
    long pixels = planes.dim(2) * planes.dim(3);
    float[] source = planes.toFloats();
    float[] target = new float[source.length];
    for (int channel = 0; channel < channels; channel++) {
      for (int pixel = 0; pixel < pixels; pixel++) {
        target[(int) (pixel * channels + channel)] = source[(int) (channel * pixels + pixel)];
      }
    }
    return Tensor.of(target, 1, planes.dim(2), planes.dim(3), channels);
  }

  private static Tensor convert(Tensor tensor, DType dtype) {
    if (tensor.dtype() == dtype) {
      return tensor;
    }
    Tensor converted = Tensor.allocate(tensor.type().withDType(dtype));
    converted.set(tensor.toFloats());
    return converted;
  }
}
