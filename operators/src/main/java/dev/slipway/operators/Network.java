package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Defines a network by hand, without a model file. Every layer is checked when it is added. Not thread-safe.
 *
 * <pre>{@code
 * Network network = new Network("classifier");
 * Graph graph = network.input("image", Dim.symbol("N"), Dim.of(3), Dim.of(32), Dim.of(32))
 *     .conv(weights, bias, Network.window().stride(2).pad(1)).relu()
 *     .globalAveragePool().flatten()
 *     .gemm(classes, classBias).softmax()
 *     .output("probabilities");
 * }</pre>
 */
public final class Network {
  private final GraphBuilder builder;

  public Network(String name) {
    builder = new GraphBuilder(name);
  }

  /** A float32 input. */
  public Layer input(String name, Dim... dims) {
    return input(name, TensorType.of(DType.FLOAT32, Shape.of(dims)));
  }

  public Layer input(String name, TensorType type) {
    return new Layer(builder.input(name, type));
  }

  public Layer constant(String name, Tensor tensor) {
    return new Layer(builder.constant(name, tensor));
  }

  /** Any operator with one output, by its ONNX name. */
  public Layer add(String operator, Attributes attributes, Layer... inputs) {
    ValueId[] ids = new ValueId[inputs.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = inputs[i].id;
    }
    return new Layer(builder.add(Operators.get(operator).create(attributes), ids));
  }

  /** Any operator with several outputs, by its ONNX name. */
  public List<Layer> add(String operator, Attributes attributes, int outputs, Layer... inputs) {
    List<ValueId> ids = new ArrayList<>();
    for (Layer input : inputs) {
      ids.add(input.id);
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < outputs; i++) {
      names.add(operator + "." + i);
    }
    return builder.add("", Operators.get(operator).create(attributes), ids, names).stream()
        .map(Layer::new)
        .toList();
  }

  /** Tensors behind each other along an axis. */
  public Layer concat(int axis, Layer... parts) {
    return add("Concat", Attributes.of("axis", axis), parts);
  }

  /** The network as far as it is defined. */
  public Graph build() {
    return builder.build();
  }

  /** A window of stride 1 without padding. */
  public static Window window() {
    return new Window(1, 0, 1, 1);
  }

  /** Where the windows of a convolution over two spatial axes lie, the same on both. */
  public record Window(int strides, int pads, int dilations, int groups) {
    public Window stride(int stride) {
      return new Window(stride, pads, dilations, groups);
    }

    /** Zeros on all four sides. */
    public Window pad(int pad) {
      return new Window(strides, pad, dilations, groups);
    }

    public Window dilation(int dilation) {
      return new Window(strides, pads, dilation, groups);
    }

    public Window group(int group) {
      return new Window(strides, pads, dilations, group);
    }

    private Attributes attributes() {
      return Attributes.of("strides", List.of((long) strides, (long) strides))
          .with("pads", List.of((long) pads, (long) pads, (long) pads, (long) pads));
    }

    private Attributes convolution() {
      return attributes()
          .with("dilations", List.of((long) dilations, (long) dilations))
          .with("group", groups);
    }

    private Attributes pooling(int kernel) {
      return attributes().with("kernel_shape", List.of((long) kernel, (long) kernel));
    }
  }

  /** A value of the network; its methods add a layer behind it. */
  public final class Layer {
    private final ValueId id;

    private Layer(ValueId id) {
      this.id = id;
    }

    public TensorType type() {
      return (TensorType) builder.type(id);
    }

    private Layer then(String operator) {
      return Network.this.add(operator, Attributes.NONE, this);
    }

    private Layer then(String operator, Attributes attributes, Layer... more) {
      Layer[] inputs = new Layer[more.length + 1];
      inputs[0] = this;
      System.arraycopy(more, 0, inputs, 1, more.length);
      return Network.this.add(operator, attributes, inputs);
    }

    private Layer weights(String name, Tensor tensor) {
      return constant(name, tensor);
    }

    /** Convolution with weights M×C/group×kH×kW and bias M. */
    public Layer conv(Tensor weights, Tensor bias, Window window) {
      return then("Conv", window.convolution(), weights("W", weights), weights("B", bias));
    }

    /** Convolution without bias. */
    public Layer conv(Tensor weights, Window window) {
      return then("Conv", window.convolution(), weights("W", weights));
    }

    /** The product with a matrix K×N, and a bias N. */
    public Layer gemm(Tensor weights, Tensor bias) {
      return then("Gemm", Attributes.NONE, weights("W", weights), weights("B", bias));
    }

    /** The product with a matrix K×N over the last axis. */
    public Layer matMul(Tensor weights) {
      return then("MatMul", Attributes.NONE, weights("W", weights));
    }

    public Layer matMul(Layer other) {
      return then("MatMul", Attributes.NONE, other);
    }

    public Layer add(Layer other) {
      return then("Add", Attributes.NONE, other);
    }

    public Layer add(Tensor constant) {
      return then("Add", Attributes.NONE, weights("B", constant));
    }

    public Layer mul(Layer other) {
      return then("Mul", Attributes.NONE, other);
    }

    public Layer mul(Tensor constant) {
      return then("Mul", Attributes.NONE, weights("S", constant));
    }

    public Layer relu() {
      return then("Relu");
    }

    public Layer sigmoid() {
      return then("Sigmoid");
    }

    public Layer tanh() {
      return then("Tanh");
    }

    /** GELU with the error function. */
    public Layer gelu() {
      return then("Gelu");
    }

    /** Bounds: relu6 is {@code clip(0, 6)}. */
    public Layer clip(float min, float max) {
      return then("Clip", Attributes.NONE, weights("min", Tensor.scalar(min)), weights("max", Tensor.scalar(max)));
    }

    /** Over the last axis. */
    public Layer softmax() {
      return then("Softmax", Attributes.of("axis", -1));
    }

    /** Over the last axis, with scale and bias of its length. */
    public Layer layerNormalization(Tensor scale, Tensor bias, float epsilon) {
      return then(
          "LayerNormalization",
          Attributes.of("axis", -1).with("epsilon", epsilon),
          weights("scale", scale),
          weights("B", bias));
    }

    /** Per channel, with the statistics of the training. */
    public Layer batchNormalization(Tensor scale, Tensor bias, Tensor mean, Tensor variance, float epsilon) {
      return then(
          "BatchNormalization",
          Attributes.of("epsilon", epsilon),
          weights("scale", scale),
          weights("B", bias),
          weights("mean", mean),
          weights("var", variance));
    }

    public Layer maxPool(int kernel, Window window) {
      return then("MaxPool", window.pooling(kernel));
    }

    public Layer averagePool(int kernel, Window window) {
      return then("AveragePool", window.pooling(kernel));
    }

    public Layer globalAveragePool() {
      return then("GlobalAveragePool");
    }

    /** To two axes: the first, and all others. */
    public Layer flatten() {
      return then("Flatten");
    }

    /** As in ONNX, 0 keeps an axis and -1 takes what is left. */
    public Layer reshape(long... dims) {
      return then("Reshape", Attributes.NONE, constant("shape", Tensor.vector(dims)));
    }

    public Layer transpose(long... permutation) {
      return then("Transpose", Attributes.of("perm", LongStream.of(permutation).boxed().toList()));
    }

    /** Names this value as an output of the network, and gives the network as far as it is defined. */
    public Graph output(String name) {
      builder.output(name, id);
      return build();
    }
  }
}
