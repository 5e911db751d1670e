package dev.slipway.graph;

import dev.slipway.tensor.Dim;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Reads the text that {@link GraphPrinter} writes. Types that the text gives are taken as they are, without running
 * type inference; types that it leaves out are inferred. {@link GraphVerifier} checks a text that is not trusted.
 */
public final class GraphParser {
  /** Deeper graphs, types and dimensions are refused: reading them would overflow the stack. */
  private static final int DEEPEST = 100;

  /** Products of sums grow faster than their text: larger dimensions are refused. */
  private static final int LARGEST_DIM = 256;

  /** Of an output that is not there. */
  private static final ValueType NO_TYPE = TensorType.of(DType.FLOAT32);

  private final GraphScanner scanner;
  private final Function<String, OpDefinition> definitions;
  private final List<Tensor> elsewhere;
  private int depth;

  private GraphParser(String text, Function<String, OpDefinition> definitions, List<Tensor> elsewhere) {
    this.scanner = new GraphScanner(text);
    this.definitions = definitions;
    this.elsewhere = elsewhere;
  }

  /**
   * Reads a graph.
   *
   * @param definitions gives the operator of a qualified name, or throws
   * @throws InvalidGraphException naming line and column
   */
  public static Graph parse(String text, Function<String, OpDefinition> definitions) {
    return parse(text, definitions, List.of());
  }

  /**
   * Reads a graph some of whose constants are kept elsewhere.
   *
   * @param elsewhere the tensors that {@code @0}, {@code @1}, ... stand for
   * @throws InvalidGraphException naming line and column
   */
  public static Graph parse(String text, Function<String, OpDefinition> definitions, List<Tensor> elsewhere) {
    GraphParser parser = new GraphParser(text, definitions, elsewhere);
    Graph graph = parser.graph();
    if (parser.scanner.peek() != 0) {
      throw parser.scanner.error("the end");
    }
    return graph;
  }

  private Graph graph() {
    if (!scanner.acceptWord("graph")) {
      throw scanner.error("graph");
    }
    deeper();
    Graph graph = new Body(scanner.name("the name of the graph")).read();
    depth--;
    return graph;
  }

  private void deeper() {
    if (++depth > DEEPEST) {
      throw scanner.error("at most " + DEEPEST + " levels");
    }
  }

  /** The lines of one graph. */
  private final class Body {
    private final String name;
    private final List<ValueId> inputs = new ArrayList<>();
    private final Map<String, ValueId> outputs = new LinkedHashMap<>();
    private final List<Node> nodes = new ArrayList<>();
    private final Map<ValueId, Value> values = new LinkedHashMap<>();
    private final Map<ValueId, Tensor> constants = new LinkedHashMap<>();
    private final Map<ValueId, DimVector> dims = new HashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final Map<String, ValueId> ids = new HashMap<>();
    private final Set<String> nodeNames = new HashSet<>();

    Body(String name) {
      this.name = name;
    }

    Graph read() {
      scanner.expect('{');
      while (!scanner.accept('}')) {
        line();
      }
      return new Graph(name, inputs, outputs, nodes, values, constants, dims, metadata, values.size());
    }

    private void line() {
      if (scanner.acceptWord("meta")) {
        String key = scanner.quoted();
        scanner.expect('=');
        metadata.put(key, scanner.quoted());
      } else if (scanner.acceptWord("input")) {
        Result input = result();
        inputs.add(define(input, typeOf(input)));
      } else if (scanner.acceptWord("constant")) {
        constant();
      } else if (scanner.acceptWord("output")) {
        output();
      } else {
        node();
      }
    }

    private void constant() {
      Result constant = result();
      ValueType type = typeOf(constant);
      if (!(type instanceof TensorType tensorType)) {
        throw scanner.error(constant.position, type.toString(), "the type of a tensor");
      }
      scanner.expect('=');
      Tensor tensor = data(tensorType);
      ValueId id = define(constant, tensorType);
      constants.put(id, tensor);
      Optional<DimVector> vector = DimVector.of(tensor);
      if (vector.isPresent()) {
        dims.put(id, vector.get());
      }
    }

    private void output() {
      String output = scanner.name("the name of an output");
      scanner.expect('=');
      int position = scanner.position();
      if (outputs.putIfAbsent(output, use()) != null) {
        throw scanner.error(position, "output " + output, "a name that no output has yet");
      }
    }

    private void node() {
      List<Result> results = new ArrayList<>();
      do {
        results.add(result());
      } while (scanner.accept(','));
      scanner.expect('=');
      scanner.peek();
      int position = scanner.position();
      String opName = scanner.word("an operator");
      List<ValueId> arguments = arguments();
      Op op = operator(position, opName, attributes());
      String node = scanner.peek() == '"' ? scanner.quoted() : freeName(op.schema().name());
      if (!nodeNames.add(node)) {
        throw scanner.error(position, "node " + node, "a name that no node has yet");
      }
      TypeInference.Result types = types(position, node, op, arguments, results);
      List<ValueId> made = new ArrayList<>(results.size());
      for (int i = 0; i < results.size(); i++) {
        made.add(results.get(i).name.isEmpty() ? ValueId.ABSENT : define(results.get(i), types.types().get(i)));
      }
      if (made.getFirst().isPresent() && types.dims().isPresent()) {
        dims.put(made.getFirst(), types.dims().get());
      }
      nodes.add(new Node(node, op, arguments, made));
    }

    /** Inference runs where a type is left out, and where the value may be known as dimensions. */
    private TypeInference.Result types(
        int position, String node, Op op, List<ValueId> arguments, List<Result> results) {
      boolean complete = true;
      List<ValueType> given = new ArrayList<>(results.size());
      for (Result result : results) {
        complete &= result.name.isEmpty() || result.type.isPresent();
        given.add(result.type.orElse(NO_TYPE));
      }
      if (complete && !mayBeDims(results.getFirst().type)) {
        return new TypeInference.Result(given, Optional.empty());
      }
      List<TypeInference.Input> typed = arguments.stream().map(this::inferenceInput).toList();
      TypeInference.Result inferred;
      try {
        inferred = TypeInference.infer(node, op, typed, results.size());
      } catch (InvalidGraphException e) {
        if (complete) {
          return new TypeInference.Result(given, Optional.empty());
        }
        throw scanner.error(position, e.getMessage(), "a node that fits its inputs");
      }
      List<ValueType> types = new ArrayList<>();
      for (int i = 0; i < results.size(); i++) {
        types.add(results.get(i).type.orElse(inferred.types().get(i)));
      }
      return new TypeInference.Result(types, inferred.dims());
    }

    private static boolean mayBeDims(Optional<ValueType> type) {
      return type.isPresent()
          && type.get() instanceof TensorType tensor
          && tensor.dtype().isInteger()
          && tensor.shape().ranked()
          && tensor.shape().rank() <= 1;
    }

    private List<ValueId> arguments() {
      List<ValueId> arguments = new ArrayList<>();
      scanner.expect('(');
      if (scanner.accept(')')) {
        return arguments;
      }
      do {
        arguments.add(scanner.acceptWord("_") ? ValueId.ABSENT : use());
      } while (scanner.accept(','));
      scanner.expect(')');
      return arguments;
    }

    private ValueId use() {
      scanner.peek();
      int position = scanner.position();
      String value = scanner.name("the name of a value");
      ValueId id = ids.get(value);
      if (id == null) {
        throw scanner.error(position, "value " + value, "one that is defined above");
      }
      return id;
    }

    private ValueId define(Result result, ValueType type) {
      ValueId id = new ValueId(values.size());
      if (ids.putIfAbsent(result.name, id) != null) {
        throw scanner.error(result.position, "value " + result.name, "a name that no value has yet");
      }
      values.put(id, new Value(id, result.name, type));
      return id;
    }

    private TypeInference.Input inferenceInput(ValueId id) {
      if (!id.isPresent()) {
        return TypeInference.Input.ABSENT;
      }
      Tensor constant = constants.get(id);
      return constant != null
          ? TypeInference.Input.of(constant)
          : TypeInference.Input.of(values.get(id).type(), Optional.ofNullable(dims.get(id)));
    }

    private String freeName(String base) {
      for (int i = 0; ; i++) {
        if (!nodeNames.contains(base + "_" + i)) {
          return base + "_" + i;
        }
      }
    }
  }

  /** A value as its definition gives it; the name is empty for {@code _}. */
  private record Result(int position, String name, Optional<ValueType> type) {}

  private Result result() {
    scanner.peek();
    int position = scanner.position();
    if (scanner.acceptWord("_")) {
      return new Result(position, "", Optional.empty());
    }
    String name = scanner.name("the name of a value");
    return new Result(position, name, scanner.accept(':') ? Optional.of(type()) : Optional.empty());
  }

  private ValueType typeOf(Result result) {
    if (result.type.isEmpty()) {
      throw scanner.error(":");
    }
    return result.type.get();
  }

  private Op operator(int position, String name, Attributes attributes) {
    try {
      return definitions.apply(name).create(attributes);
    } catch (SlipwayException e) {
      throw scanner.error(position, e.getMessage(), "an operator that Slipway knows, with its attributes");
    }
  }

  private Attributes attributes() {
    Map<String, Object> attributes = new LinkedHashMap<>();
    if (scanner.accept('{') && !scanner.accept('}')) {
      do {
        String name = scanner.name("the name of an attribute");
        scanner.expect('=');
        attributes.put(name, attribute());
      } while (scanner.accept(','));
      scanner.expect('}');
    }
    return new Attributes(attributes);
  }

  private Object attribute() {
    char c = scanner.peek();
    if (c == '"') {
      return scanner.quoted();
    }
    if (c == '[') {
      return list();
    }
    if (c == 'g') {
      return graph();
    }
    if (scanner.acceptWord("type")) {
      return type();
    }
    if (scanner.acceptWord("tensor")) {
      scanner.peek();
      int position = scanner.position();
      if (type() instanceof TensorType type) {
        scanner.expect('=');
        return data(type);
      }
      throw scanner.error(position, "no tensor", "the type of a tensor");
    }
    return number();
  }

  private List<Object> list() {
    List<Object> list = new ArrayList<>();
    scanner.expect('[');
    deeper();
    if (!scanner.accept(']')) {
      do {
        list.add(attribute());
      } while (scanner.accept(','));
      scanner.expect(']');
    }
    depth--;
    return List.copyOf(list);
  }

  private Object number() {
    scanner.peek();
    int position = scanner.position();
    String number = scanner.number();
    try {
      return isInteger(number) ? (Object) Long.parseLong(number) : (Object) real32(number);
    } catch (NumberFormatException e) {
      throw scanner.error(position, number, "a number, a string, a list, a tensor or a graph");
    }
  }

  private static boolean isInteger(String number) {
    for (int i = 0; i < number.length(); i++) {
      if (number.charAt(i) != '-' && !Character.isDigit(number.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private Tensor data(TensorType type) {
    scanner.peek();
    int position = scanner.position();
    if (!type.shape().isKnown()) {
      throw scanner.error(position, type.toString(), "known dimensions");
    }
    if (scanner.accept('@')) {
      long index = scanner.integer();
      if (index < 0 || index >= elsewhere.size() || !elsewhere.get((int) index).type().equals(type)) {
        throw scanner.error(position, "@" + index, "the number of a tensor of type " + type
            + " that is kept elsewhere");
      }
      return elsewhere.get((int) index);
    }
    if (scanner.acceptWord("base64")) {
      byte[] bytes = bytes();
      if (bytes.length != type.bytes()) {
        throw scanner.error(position, bytes.length + " bytes", type.bytes() + " for " + type);
      }
      MemorySegment segment = Tensor.allocate(type).data();
      MemorySegment.copy(MemorySegment.ofArray(bytes), 0, segment, 0, bytes.length);
      return new Tensor(type, segment);
    }
    return elements(type);
  }

  private byte[] bytes() {
    scanner.peek();
    int position = scanner.position();
    try {
      return Base64.getDecoder().decode(scanner.quoted());
    } catch (IllegalArgumentException e) {
      throw scanner.error(position, String.valueOf(e.getMessage()), "base64");
    }
  }

  private Tensor elements(TensorType type) {
    scanner.peek();
    int position = scanner.position();
    List<String> numbers = new ArrayList<>();
    scanner.expect('{');
    if (!scanner.accept('}')) {
      do {
        numbers.add(scanner.number());
      } while (scanner.accept(','));
      scanner.expect('}');
    }
    if (numbers.size() != type.shape().elementCount()) {
      throw scanner.error(position, numbers.size() + " elements", type.shape().elementCount() + " for " + type);
    }
    Tensor tensor = Tensor.allocate(type);
    for (int i = 0; i < numbers.size(); i++) {
      try {
        set(tensor, i, numbers.get(i));
      } catch (NumberFormatException e) {
        throw scanner.error(position, numbers.get(i), "an element of type " + type.dtype());
      }
    }
    return tensor;
  }

  private static void set(Tensor tensor, int index, String number) {
    switch (tensor.dtype()) {
      case FLOAT32 -> tensor.setDouble(index, real32(number));
      case UINT64 -> tensor.setLong(index, Long.parseUnsignedLong(number));
      default -> {
        if (tensor.dtype().isFloat()) {
          tensor.setDouble(index, real(number));
        } else {
          tensor.setLong(index, Long.parseLong(number));
        }
      }
    }
  }

  private static float real32(String number) {
    return switch (number) {
      case "nan" -> Float.NaN;
      case "inf" -> Float.POSITIVE_INFINITY;
      case "-inf" -> Float.NEGATIVE_INFINITY;
      default -> Float.parseFloat(number);
    };
  }

  private static double real(String number) {
    return switch (number) {
      case "nan" -> Double.NaN;
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(number);
    };
  }

  private ValueType type() {
    scanner.peek();
    int position = scanner.position();
    String word = scanner.word("a type");
    if (word.equals("seq") || word.equals("optional")) {
      deeper();
      scanner.expect('(');
      ValueType element = type();
      scanner.expect(')');
      depth--;
      return word.equals("seq") ? new ValueType.SequenceType(element) : new ValueType.OptionalType(element);
    }
    Optional<DType> dtype = DType.ofLabel(word);
    if (dtype.isEmpty()) {
      throw scanner.error(position, word, "an element type, seq or optional");
    }
    return new TensorType(dtype.get(), shape(), layout());
  }

  private Shape shape() {
    scanner.expect('[');
    if (scanner.accept('*')) {
      scanner.expect(']');
      return Shape.UNRANKED;
    }
    List<Dim> dims = new ArrayList<>();
    if (!scanner.accept(']')) {
      do {
        dims.add(dim());
      } while (scanner.accept(','));
      scanner.expect(']');
    }
    return Shape.of(dims);
  }

  private Layout layout() {
    if (!scanner.accept('@')) {
      return Layout.CONTIGUOUS;
    }
    int position = scanner.position();
    String layout = scanner.word("a layout");
    Optional<Layout> parsed = Layout.parse(layout);
    if (parsed.isEmpty() || parsed.get() == Layout.CONTIGUOUS) {
      throw scanner.error(
          position, layout, "c and the number of channels in a block, as c16, or last and a multiple");
    }
    return parsed.get();
  }

  private Dim dim() {
    scanner.peek();
    int position = scanner.position();
    deeper();
    try {
      Dim sum = sum();
      depth--;
      return sum;
    } catch (ArithmeticException e) {
      throw scanner.error(position, String.valueOf(e.getMessage()), "a dimension below 2^63");
    }
  }

  private Dim sum() {
    Dim sum = product();
    while (scanner.accept('+') || scanner.peek() == '-') {
      sum = bounded(sum.plus(product()));
    }
    return sum;
  }

  private Dim product() {
    Dim product = factor();
    while (scanner.accept('*')) {
      product = bounded(product.times(factor()));
    }
    return product;
  }

  private Dim bounded(Dim dim) {
    if (dim.isLargerThan(LARGEST_DIM)) {
      throw scanner.error("a dimension of at most " + LARGEST_DIM + " numbers, symbols and operations");
    }
    return dim;
  }

  private Dim factor() {
    char c = scanner.peek();
    if (c == '-' || Character.isDigit(c)) {
      return Dim.of(scanner.integer());
    }
    if (c == '"') {
      return Dim.symbol(scanner.quoted());
    }
    String word = scanner.word("a dimension");
    if (!scanner.accept('(')) {
      return Dim.symbol(word);
    }
    Dim first = dim();
    scanner.expect(',');
    Dim second = dim();
    scanner.expect(')');
    return switch (word) {
      case "floor" -> first.floorDiv(second);
      case "max" -> first.max(second);
      case "min" -> first.min(second);
      default -> throw scanner.error("floor, max or min in front of the parenthesis");
    };
  }
}
