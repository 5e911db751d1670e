package dev.slipway.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GraphTextTest {
  private static final String TINY = """
      graph tiny {
        meta "producer" = "a \\"b\\"\\nc"
        input x: float32[N, 3, 2*H+1, floor(W, 2)]
        input "592": seq(optional(int64[*]))
        constant w: float32[2] = {0.1, -inf}
        y: float32[N]@c16, _, "a:b": bool[] = test.Any(x, _, w) {default_int = 8, ints = [], float = 1.0} "Any/1"
        output "y out" = y
      }
      """;

  private static Graph parse(String text) {
    return GraphParser.parse(text, AnyOp::find);
  }

  @Test
  void printsWhatItReads() {
    assertThat(GraphPrinter.print(parse(TINY))).isEqualTo(TINY);
  }

  @Test
  void readsDimensionsAsExpressions() {
    Graph graph = parse("graph g { input x: float32[2*N+1, floor(N, 2), max(N, 3), \"a b\"] output y = x }");
    Dim n = Dim.symbol("N");
    assertThat(graph.shape(graph.inputs().getFirst()))
        .isEqualTo(Shape.of(n.times(2).plus(1), n.floorDiv(2), n.max(Dim.of(3)), Dim.symbol("a b")));
  }

  @Test
  void infersTypesThatAreLeftOut() {
    Graph graph = parse("graph g { input x: float32[1] y = test.Any(x) output y = y }");
    assertThat(graph.type(graph.outputs().get("y"))).isEqualTo(TensorType.of(DType.FLOAT32, Shape.UNRANKED));
    assertThat(graph.nodes().getFirst().name()).isEqualTo("Any_0");
  }

  @Test
  void keepsLongConstantsElsewhere() {
    Graph graph = parse("""
        graph g {
          constant a: float32[3] = {1.0, 2.0, 3.0}
          constant b: int8[1] = {1}
          y: float32[1] = test.Any(a, b) {tensor = tensor int64[2] = {1, 2}}
          output y = y
        }
        """);
    GraphPrinter.Portable portable = GraphPrinter.portable(graph, 1);
    assertThat(portable.text()).contains("constant a: float32[3] = @0", "{tensor = tensor int64[2] = @1}", "= {1}");
    Graph again = GraphParser.parse(portable.text(), AnyOp::find, portable.constants());
    assertThat(GraphPrinter.print(again)).isEqualTo(GraphPrinter.print(graph));
  }

  @Test
  void abbreviatesForPeople() {
    Graph graph = parse("graph g { constant a: int8[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9} output y = a }");
    assertThat(GraphPrinter.summary(graph)).contains("constant a: int8[9] = {...}");
  }

  @Test
  void canonicalTextIgnoresNamesAndOrder() {
    Graph one = parse("""
        graph one {
          input x: float32[1]
          b: float32["?Any_0.n"] = test.Any(x) {int = 1} "first"
          a: float32[2] = test.Any(x) "second"
          c: float32[3] = test.Any(a, b)
          output y = c
        }
        """);
    Graph two = parse("""
        graph two {
          input x: float32[1]
          n0: float32[2] = test.Any(x)
          n1: float32["?other.n"] = test.Any(x) {int = 1}
          unused: float32[2] = test.Any(x)
          n2: float32[3] = test.Any(n0, n1)
          output y = n2
        }
        """);
    assertThat(GraphPrinter.canonical(one)).isEqualTo(GraphPrinter.canonical(two));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{int = 2}", "{tensor = tensor float32[1] = {2.0}}", "{graph = graph g {}}", ""})
  void canonicalTextShowsDifferences(String attributes) {
    String text = "graph g { input x: float32[1] y: float32[1] = test.Any(x) %s output y = y }";
    assertThat(GraphPrinter.canonical(parse(text.formatted(attributes))))
        .isNotEqualTo(GraphPrinter.canonical(parse(text.formatted("{int = 1}"))));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
      grph g {}                                        | line 1, column 1: 'grph' (expected: graph)
      graph g {                                        | line 1, column 10: the end (expected: the name of a value)
      graph g {} x                                     | line 1, column 12: 'x' (expected: the end)
      graph g { y = test.Any(x) }                      | line 1, column 24: value x (expected: one that is defined above)
      graph g { y = Conv() }                           | line 1, column 15: operator: Conv (expected: test.Any) (expected: an operator that Slipway knows, with its attributes)
      graph g { y = test.Any() {ints = 1} }            | line 1, column 15: attribute ints of test.Any: 1 (expected: INTS) (expected: an operator that Slipway knows, with its attributes)
      graph g { input x: float33[1] }                  | line 1, column 20: float33 (expected: an element type, seq or optional)
      graph g { input x: float32[1]@c1 }               | line 1, column 31: c1 (expected: c and the number of channels in a block, as c16, or last and a multiple)
      graph g { constant x: int8[2] = {1} }            | line 1, column 33: 1 elements (expected: 2 for int8[2])
      graph g { constant x: int8[1] = {a} }            | line 1, column 33: a (expected: an element of type int8)
      graph g { constant x: int8[1] = @0 }             | line 1, column 33: @0 (expected: the number of a tensor of type int8[1] that is kept elsewhere)
      graph g { constant x: int8[1] = base64 "!aaa" }  | line 1, column 40: Illegal base64 character 21 (expected: base64)
      graph g { input x: int8[1] input x: int8[1] }    | line 1, column 34: value x (expected: a name that no value has yet)
      graph g { meta "x                                | line 1, column 17: 'x' (expected: a closing quote)
      """)
  void saysWhereTheTextIsWrong(String text, String message) {
    assertThatThrownBy(() -> parse(text)).isInstanceOf(InvalidGraphException.class).hasMessage(message);
  }

  @Test
  void refusesEndlessNesting() {
    assertThatThrownBy(() -> parse("graph g { input x: " + "seq(".repeat(100_000)))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessageContaining("at most 100 levels");
    assertThatThrownBy(() -> parse("graph g { y = test.Any() {ints = " + "[".repeat(100_000)))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessageContaining("at most 100 levels");
  }

  @Test
  void roundTripsRandomGraphs() {
    for (long seed = 0; seed < 200; seed++) {
      Graph graph = new RandomGraph(seed).graph(2);
      String text = GraphPrinter.print(graph);
      assertThat(GraphPrinter.print(parse(text))).as("seed %d", seed).isEqualTo(text);
      GraphPrinter.Portable portable = GraphPrinter.portable(graph, 3);
      Graph read = GraphParser.parse(portable.text(), AnyOp::find, portable.constants());
      assertThat(GraphPrinter.print(read)).as("seed %d, constants elsewhere", seed).isEqualTo(text);
      assertThat(GraphPrinter.canonical(read)).as("seed %d", seed).isEqualTo(GraphPrinter.canonical(graph));
      GraphVerifier.verifyStructure(read);
    }
  }

  /** Graphs with every kind of attribute, type, dimension and element. */
  private static final class RandomGraph {
    private static final String NAMES = "abAB01_.?%/~ \"\\\n\u00e9\ud83d\ude00:,+()";
    private final SplittableRandom random;
    private final Map<String, Integer> taken = new HashMap<>();

    RandomGraph(long seed) {
      random = new SplittableRandom(seed);
    }

    Graph graph(int depth) {
      List<ValueId> inputs = new ArrayList<>();
      Map<String, ValueId> outputs = new LinkedHashMap<>();
      List<Node> nodes = new ArrayList<>();
      Map<ValueId, Value> values = new LinkedHashMap<>();
      Map<ValueId, Tensor> constants = new LinkedHashMap<>();
      for (int i = random.nextInt(3); i >= 0; i--) {
        inputs.add(value(values, type(2)));
      }
      for (int i = random.nextInt(4); i > 0; i--) {
        Tensor tensor = tensor();
        constants.put(value(values, tensor.type()), tensor);
      }
      for (int i = random.nextInt(6); i > 0; i--) {
        List<ValueId> arguments = new ArrayList<>();
        for (int j = random.nextInt(4); j > 0; j--) {
          arguments.add(random.nextInt(4) == 0 ? ValueId.ABSENT : new ValueId(random.nextInt(values.size())));
        }
        Op op = AnyOp.DEFINITION.create(attributes(depth));
        List<ValueId> results = new ArrayList<>();
        for (int j = random.nextInt(3); j >= 0; j--) {
          results.add(random.nextInt(5) == 0 && !results.isEmpty() ? ValueId.ABSENT : value(values, type(2)));
        }
        nodes.add(new Node(name(), op, arguments, results));
      }
      outputs.put(name(), new ValueId(random.nextInt(values.size())));
      outputs.put(name(), new ValueId(random.nextInt(values.size())));
      Map<String, String> metadata = Map.of(name(), name());
      return new Graph(name(), inputs, outputs, nodes, values, constants, new HashMap<>(), metadata, values.size());
    }

    private ValueId value(Map<ValueId, Value> values, ValueType type) {
      ValueId id = new ValueId(values.size());
      values.put(id, new Value(id, name(), type));
      return id;
    }

    private Attributes attributes(int depth) {
      Attributes attributes = Attributes.NONE
          .with("default_int", random.nextInt(6, 8))
          .with("default_string", name())
          .with("int", random.nextLong())
          .with("float", Float.intBitsToFloat(random.nextInt() & 0x7f7fffff))
          .with("ints", List.of(random.nextLong(), 0L))
          .with("floats", List.of(random.nextFloat(), Float.NEGATIVE_INFINITY))
          .with("strings", List.of(name(), name()))
          .with("tensor", tensor())
          .with("type", type(2))
          .with("tensors", List.of(tensor(), tensor()));
      return depth > 0 && random.nextInt(3) == 0 ? attributes.with("graph", graph(depth - 1)) : attributes;
    }

    private Tensor tensor() {
      DType[] all = DType.ALL.toArray(DType[]::new);
      DType dtype = all[random.nextInt(all.length)];
      long[] dims = random.nextInt(8) == 0 ? new long[] {random.nextInt(400)} : new long[random.nextInt(3)];
      for (int i = 0; i < dims.length && dims.length != 1; i++) {
        dims[i] = random.nextInt(4);
      }
      TensorType type = TensorType.of(dtype, dims);
      if (dims.length == 2 && random.nextInt(4) == 0) {
        type = type.withLayout(new Layout.Blocked(4));
      }
      Tensor tensor = Tensor.allocate(type);
      byte[] bytes = new byte[Math.toIntExact(type.bytes())];
      random.nextBytes(bytes);
      for (int i = 0; i < bytes.length; i++) {
        boolean small = dtype == DType.BOOL || random.nextBoolean() && dtype.bits() < 8;
        tensor.data().set(java.lang.foreign.ValueLayout.JAVA_BYTE, i, (byte) (small ? bytes[i] & 1 : bytes[i]));
      }
      return tensor;
    }

    private ValueType type(int depth) {
      return switch (random.nextInt(depth > 0 ? 6 : 4)) {
        case 4 -> new ValueType.SequenceType(type(depth - 1));
        case 5 -> new ValueType.OptionalType(type(depth - 1));
        case 3 -> TensorType.of(DType.STRING, Shape.UNRANKED);
        default -> {
          List<Dim> dims = new ArrayList<>();
          for (int i = random.nextInt(4); i > 0; i--) {
            dims.add(dim(3));
          }
          yield TensorType.of(DType.values()[random.nextInt(DType.values().length)], Shape.of(dims));
        }
      };
    }

    private Dim dim(int depth) {
      return switch (random.nextInt(depth > 0 ? 8 : 2)) {
        case 0 -> Dim.of(random.nextInt(100));
        case 1 -> Dim.symbol(name());
        case 2 -> dim(depth - 1).plus(dim(depth - 1));
        case 3 -> dim(depth - 1).times(dim(depth - 1));
        case 4 -> dim(depth - 1).minus(dim(depth - 1));
        case 5 -> dim(depth - 1).floorDiv(random.nextInt(1, 9));
        case 6 -> dim(depth - 1).max(dim(depth - 1));
        default -> dim(depth - 1).min(Dim.symbol("N"));
      };
    }

    private String name() {
      StringBuilder name = new StringBuilder();
      for (int i = random.nextInt(5); i >= 0; i--) {
        name.append(NAMES.charAt(random.nextInt(NAMES.length())));
      }
      int times = taken.merge(name.toString(), 1, Integer::sum);
      return times == 1 ? name.toString() : name + "#" + times;
    }
  }
}
