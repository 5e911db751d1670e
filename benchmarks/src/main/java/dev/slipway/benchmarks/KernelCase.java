package dev.slipway.benchmarks;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Network;
import dev.slipway.operators.Network.Layer;
import dev.slipway.operators.Network.Window;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One operator at one shape, as text: its name, the dimensions of the input, then options, between colons.
 *
 * <pre>
 * conv:1x64x56x56:m128:k3:s2:p1:relu       m channels out, k window, s stride, p padding, d dilation, g groups
 * depthwise:1x64x56x56:k3:p1               convt, maxpool, avgpool take the same options
 * gemm:128x768:n3072:gelu                  constant weights and a bias; any number of leading dimensions
 * bmm:12x128x64:n128                       both factors are inputs
 * lstm:10x1x128:n256                       n is the hidden size
 * softmax:12x128x128                       layernorm, gap, add (two inputs), resize:...:s2
 * Erf:1x64x56x56                           any other operator of one input by its ONNX name
 * int8:conv:1x64x56x56:k3:p1               any of these, quantised
 * </pre>
 *
 * At the end of convolutions and products: relu, sigmoid, tanh, gelu, relu6 or silu.
 */
final class KernelCase {
  private static final String QUANTIZED = "int8:";
  private static final Pattern NUMBER = Pattern.compile("([a-z])(\\d+)");
  private final RandomWeights weights = new RandomWeights(1);
  private final String text;
  private final long[] dims;
  private final Map<String, Integer> numbers = new LinkedHashMap<>();
  private final Optional<String> activation;
  private final Network network = new Network("kernel");
  private final Map<String, long[]> inputs = new LinkedHashMap<>();

  private KernelCase(String text) {
    this.text = text;
    String[] parts = text.split(":");
    if (parts.length < 2) {
      throw new SlipwayException("kernel: " + text + " (expected: OPERATOR:DIMS, as in softmax:128x64)");
    }
    dims = Arrays.stream(parts[1].split("x")).mapToLong(Long::parseLong).toArray();
    String last = "";
    for (String part : List.of(parts).subList(2, parts.length)) {
      Matcher number = NUMBER.matcher(part);
      if (number.matches()) {
        numbers.put(number.group(1), Integer.valueOf(number.group(2)));
      } else {
        last = part;
      }
    }
    activation = last.isEmpty() ? Optional.empty() : Optional.of(last);
  }

  /** The workload that this text describes. */
  static Workload parse(String text) {
    if (text.startsWith(QUANTIZED)) {
      Workload floats = parse(text.substring(QUANTIZED.length()));
      return new Workload(text, new ModelSource.Quantized(floats), floats.shapes());
    }
    KernelCase kernel = new KernelCase(text);
    Graph graph = kernel.graph(text.split(":")[0]);
    return new Workload(text, new ModelSource.Defined(() -> graph), kernel.inputs);
  }

  /** Arithmetic operations of the graph, a multiply-add counting two. */
  static long flops(Graph graph) {
    return graph.nodes().stream().mapToLong(node -> flops(graph, node)).sum();
  }

  private static long flops(Graph graph, Node node) {
    Dim flops = node.op().cost(types(graph, node.inputs()), types(graph, node.outputs())).flops();
    return flops instanceof Dim.Known(long count) ? count : 0;
  }

  private static List<TensorType> types(Graph graph, List<ValueId> ids) {
    return ids.stream().filter(ValueId::isPresent).map(graph::tensorType).toList();
  }

  private Graph graph(String operator) {
    Layer x = input("x", dims);
    return activated(switch (operator) {
      case "conv" -> convolution(x, Math.toIntExact(dims[1]), number("m", Math.toIntExact(dims[1])), number("g", 1));
      case "depthwise" -> convolution(x, 1, Math.toIntExact(dims[1]), Math.toIntExact(dims[1]));
      case "convt" -> transposed(x);
      case "maxpool" -> x.maxPool(number("k", 2), window());
      case "avgpool" -> x.averagePool(number("k", 2), window());
      case "gap" -> x.globalAveragePool();
      case "gemm" -> product(x);
      case "bmm" -> x.matMul(input("y", second()));
      case "lstm" -> recurrent(x);
      case "softmax" -> x.softmax();
      case "layernorm" -> x.layerNormalization(ones(), zeros(), 1e-5f);
      case "add" -> x.add(input("y", dims));
      case "resize" -> resized(x);
      default -> network.add(operator, Attributes.NONE, x);
    }).output("result");
  }

  private Layer input(String name, long... shape) {
    inputs.put(name, shape);
    return network.input(name, Arrays.stream(shape).mapToObj(Dim::of).toArray(Dim[]::new));
  }

  private Layer activated(Layer x) {
    return switch (activation.orElse("")) {
      case "" -> x;
      case "relu" -> x.relu();
      case "sigmoid" -> x.sigmoid();
      case "tanh" -> x.tanh();
      case "gelu" -> x.gelu();
      case "relu6" -> x.clip(0, 6);
      case "silu" -> x.mul(x.sigmoid());
      default -> throw new SlipwayException("kernel: " + text + ": " + activation.get()
          + " (expected: relu, sigmoid, tanh, gelu, relu6 or silu)");
    };
  }

  private Layer convolution(Layer x, int channels, int outputs, int groups) {
    int perGroup = groups == dims[1] ? 1 : channels / groups;
    return x.conv(
        weights.convolution(outputs, perGroup, number("k", 1)), weights.spread(0.1, outputs), window().group(groups));
  }

  private Layer transposed(Layer x) {
    int outputs = number("m", Math.toIntExact(dims[1]));
    int kernel = number("k", 2);
    long stride = number("s", 2);
    long pad = number("p", 0);
    return network.add(
        "ConvTranspose",
        Attributes.of("strides", List.of(stride, stride)).with("pads", List.of(pad, pad, pad, pad)),
        x,
        network.constant("W", weights.convolution(Math.toIntExact(dims[1]), outputs, kernel)),
        network.constant("B", weights.spread(0.1, outputs)));
  }

  private Layer product(Layer x) {
    int columns = number("n", 1);
    int depth = Math.toIntExact(dims[dims.length - 1]);
    Tensor matrix = weights.matrix(depth, columns);
    Tensor bias = weights.spread(0.1, columns);
    return dims.length == 2 ? x.gemm(matrix, bias) : x.matMul(matrix).add(bias);
  }

  private long[] second() {
    long[] shape = dims.clone();
    shape[dims.length - 2] = dims[dims.length - 1];
    shape[dims.length - 1] = number("n", 1);
    return shape;
  }

  private Layer recurrent(Layer x) {
    int hidden = number("n", 1);
    return network.add(
            "LSTM",
            Attributes.of("hidden_size", hidden),
            1,
            x,
            network.constant("W", weights.spread(0.1, 1, 4L * hidden, dims[2])),
            network.constant("R", weights.spread(0.1, 1, 4L * hidden, hidden)),
            network.constant("B", weights.spread(0.1, 1, 8L * hidden)))
        .getFirst();
  }

  private Layer resized(Layer x) {
    float scale = number("s", 2);
    return network.add(
        "Resize",
        Attributes.of("mode", "nearest").with("coordinate_transformation_mode", "asymmetric")
            .with("nearest_mode", "floor"),
        x,
        network.constant("roi", Tensor.of(new float[0], 0)),
        network.constant("scales", Tensor.of(new float[] {1, 1, scale, scale}, 4)));
  }

  private Tensor ones() {
    return weights.uniform(0.9, 1.1, dims[dims.length - 1]);
  }

  private Tensor zeros() {
    return weights.uniform(-0.1, 0.1, dims[dims.length - 1]);
  }

  private Window window() {
    return Network.window().stride(number("s", 1)).pad(number("p", 0)).dilation(number("d", 1));
  }

  private int number(String key, int otherwise) {
    return numbers.getOrDefault(key, otherwise);
  }
}
