package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.operators.Conv;
import dev.slipway.operators.Gemm;
import dev.slipway.operators.MatMul;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.Optional;

/**
 * The vectors of inputs with which a layer multiplies the weights of each output channel: patches of a convolution,
 * rows of a matrix product.
 */
interface InputVectors {

  /** Groups of output channels that see other inputs; channels lie group by group. */
  int groups();

  /** Elements of a vector. */
  int length();

  /** The index of a weight among all of the layer. */
  int weightIndex(int channel, int element);

  /** How many positions an input has. */
  int positions(long[] dims);

  /** Reads the vector that a group sees at a position. */
  void read(float[] input, long[] dims, int group, int position, float[] vector);

  /** The vectors of a layer; none for those of other forms. */
  static Optional<InputVectors> of(Graph graph, Layer layer) {
    Tensor weights = layer.weights(graph);
    int columns = (int) weights.dim(weights.rank() - 1);
    return switch (layer.node().op()) {
      case MatMul _ -> Optional.of(new Rows((int) weights.dim(0), columns, false));
      case Gemm gemm -> Optional.of(gemm.transB()
          ? new Rows(columns, (int) weights.dim(0), true)
          : new Rows((int) weights.dim(0), columns, false));
      case Conv conv when weights.rank() == Patches.RANK ->
          Optional.of(new Patches(conv.window(weights.shape()), (int) conv.group(), weights.dims()));
      default -> Optional.empty();
    };
  }

  /** Rows of a matrix of inputs. */
  record Rows(int length, int channels, boolean transposed) implements InputVectors {

    @Override
    public int groups() {
      return 1;
    }

    @Override
    public int weightIndex(int channel, int element) {
      return transposed ? channel * length + element : element * channels + channel;
    }

    @Override
    public int positions(long[] dims) {
      return (int) (Shape.product(dims) / length);
    }

    @Override
    public void read(float[] input, long[] dims, int group, int position, float[] vector) {
      System.arraycopy(input, position * length, vector, 0, length);
    }
  }

  /** Patches of images, zeros where they reach over the edge. */
  record Patches(SpatialWindow window, int groups, long[] weights) implements InputVectors {
    static final int RANK = 4;

    @Override
    public int length() {
      return (int) (weights[1] * weights[2] * weights[3]);
    }

    @Override
    public int weightIndex(int channel, int element) {
      return channel * length() + element;
    }

    @Override
    public int positions(long[] dims) {
      return (int) (dims[0] * outputs(dims, 0) * outputs(dims, 1));
    }

    private long outputs(long[] dims, int axis) {
      long[] pads = pads(dims);
      return (dims[2 + axis] + pads[axis] + pads[axis + 2] - window.extent(axis)) / window.strides().get(axis) + 1;
    }

    private long[] pads(long[] dims) {
      return window.resolvePads(new long[] {dims[2], dims[3]});
    }

    @Override
    public void read(float[] input, long[] dims, int group, int position, float[] vector) {
      long[] pads = pads(dims);
      int columns = (int) outputs(dims, 1);
      int rows = (int) outputs(dims, 0);
      int image = position / (rows * columns);
      long top = (long) (position / columns % rows) * window.strides().get(0) - pads[0];
      long left = (long) (position % columns) * window.strides().get(1) - pads[1];
      int at = 0;
      for (int channel = 0; channel < weights[1]; channel++) {
        long plane = (image * dims[1] + group * weights[1] + channel) * dims[2];
        for (int y = 0; y < weights[2]; y++) {
          long row = top + y * window.dilations().get(0);
          for (int x = 0; x < weights[3]; x++) {
            long column = left + x * window.dilations().get(1);
            boolean inside = row >= 0 && row < dims[2] && column >= 0 && column < dims[3];
            vector[at++] = inside ? input[(int) ((plane + row) * dims[3] + column)] : 0;
          }
        }
      }
    }
  }
}
