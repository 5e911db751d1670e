package dev.slipway.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.Interpreter;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ControlFlowTest {
  private static final TensorType FLOATS = TensorType.of(DType.FLOAT32, Shape.of(Dim.symbol("N")));
  private static final TensorType LONG = TensorType.of(DType.INT64);
  private static final TensorType BOOL = TensorType.of(DType.BOOL);
  private static final Tensor TRUE = Tensor.scalar(DType.BOOL, 1);
  private static final Tensor FALSE = Tensor.scalar(DType.BOOL, 0);

  private static List<Datum> run(Op op, int outputs, Datum... inputs) {
    List<Optional<Datum>> arguments = new ArrayList<>();
    for (Datum input : inputs) {
      arguments.add(Optional.of(input));
    }
    List<Boolean> wanted = Collections.nCopies(outputs, true);
    return new Interpreter().evaluate("node", op, arguments, wanted).stream().map(Optional::orElseThrow).toList();
  }

  private static float[] floats(Datum datum) {
    return ((Tensor) datum).toFloats();
  }

  private static Tensor floats(float... values) {
    return Tensor.of(values, values.length);
  }

  private static Graph branch(Op op) {
    GraphBuilder branch = new GraphBuilder("branch");
    ValueId x = branch.input("x", FLOATS);
    return branch.output("y", op instanceof Relu ? branch.add(op, x) : branch.add(op, x, x)).build();
  }

  @Test
  void ifRunsOneBranch() {
    Op op = new If(branch(new Add()), branch(new Relu()));

    assertThat(floats(run(op, 1, TRUE, floats(-1, 2)).getFirst())).containsExactly(-2, 4);
    assertThat(floats(run(op, 1, FALSE, floats(-1, 2)).getFirst())).containsExactly(0, 2);
  }

  @Test
  void ifGivesWhatItsBranchesHaveInCommon() {
    GraphBuilder graph = new GraphBuilder("test");
    ValueId condition = graph.input("condition", BOOL);
    ValueId x = graph.input("x", FLOATS);
    ValueId same = graph.add(new If(branch(new Add()), branch(new Relu())), condition, x);
    ValueId longer = graph.add(new If(branch(new Concat(0)), branch(new Relu())), condition, x);
    ValueId known = graph.add(new If(branch(new Concat(0)), branch(new Relu())), graph.constant("yes", TRUE), x);

    assertThat(graph.type(same)).hasToString("float32[N]");
    assertThat(graph.type(longer)).hasToString("float32[?If_1.out0.d0]");
    assertThat(graph.type(known)).hasToString("float32[2*N]");
  }

  /** Carries a sum of a captured value, stacks the sums, and stops when the iteration is 3. */
  private static Graph sumBody() {
    GraphBuilder body = new GraphBuilder("body");
    ValueId iteration = body.input("i", LONG);
    body.input("go", BOOL);
    ValueId sum = body.input("sum", FLOATS);
    ValueId captured = body.input("captured", FLOATS);
    ValueId next = body.add(new Add(), sum, captured);
    ValueId go = body.add(
        Operators.get("Less").create(Attributes.NONE), iteration, body.constant("three", Tensor.scalar(3L)));
    return body.output("go", go).output("sum", next).output("sums", body.add(new Identity(), next)).build();
  }

  @Test
  void loopCarriesStacksAndCaptures() {
    List<Datum> bounded = run(new Loop(sumBody(), 1), 2, Tensor.scalar(2L), TRUE, floats(1, 2), floats(10, 20));
    List<Datum> stopped = run(new Loop(sumBody(), 1), 2, Tensor.scalar(9L), TRUE, floats(1), floats(10));
    List<Datum> never = run(new Loop(sumBody(), 1), 2, Tensor.scalar(9L), FALSE, floats(1), floats(10));

    assertThat(floats(bounded.get(0))).containsExactly(21, 42);
    assertThat(((Tensor) bounded.get(1)).dims()).containsExactly(2, 2);
    assertThat(floats(bounded.get(1))).containsExactly(11, 22, 21, 42);
    assertThat(floats(stopped.get(1))).containsExactly(11, 21, 31, 41);
    assertThat(floats(never.get(0))).containsExactly(1);
    assertThat(((Tensor) never.get(1)).dim(0)).isZero();
  }

  @Test
  void loopForgetsDimensionsThatChange() {
    GraphBuilder body = new GraphBuilder("body");
    body.input("i", LONG);
    ValueId go = body.input("go", BOOL);
    ValueId grows = body.input("grows", TensorType.of(DType.FLOAT32, 1, 4));
    Graph closed = body.output("go", go).output("grows", body.add(new Concat(0), grows, grows)).build();
    GraphBuilder graph = new GraphBuilder("test");
    ValueId x = graph.input("x", TensorType.of(DType.FLOAT32, 1, 4));
    ValueId y = graph.add(new Loop(closed, 0), graph.constant("m", Tensor.scalar(3L)), graph.constant("c", TRUE), x);

    assertThat(graph.type(y)).hasToString("float32[?Loop_0.out0.d0, 4]");
    assertThat(((Tensor) run(new Loop(closed, 0), 1, Tensor.scalar(3L), TRUE,
        Tensor.allocate(DType.FLOAT32, 1, 4)).getFirst()).dims()).containsExactly(8, 4);
  }

  @Test
  void loopRefusesABodyThatDoesNotGiveWhatItCarries() {
    assertThatThrownBy(() -> new Loop(sumBody(), 4))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessageContaining("body: 4 inputs, 4 of them captures, 3 outputs (expected:");
  }

  private static Graph scanBody() {
    GraphBuilder body = new GraphBuilder("body");
    ValueId sum = body.input("sum", FLOATS);
    ValueId slice = body.input("slice", FLOATS);
    ValueId next = body.add(new Add(), sum, slice);
    return body.output("sum", next).output("sums", body.add(new Identity(), next)).build();
  }

  @Test
  void scanCutsAndStacksAlongAxesInDirections() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
    Op forward = new Scan(scanBody(), 1, 0, List.of(), List.of(), List.of(), List.of());
    Op backward = new Scan(scanBody(), 1, 0, List.of(1L), List.of(1L), List.of(1L), List.of(1L));

    List<Datum> rows = run(forward, 2, floats(0, 0, 0), x);
    List<Datum> columns = run(backward, 2, floats(0, 0), x);

    assertThat(floats(rows.get(0))).containsExactly(5, 7, 9);
    assertThat(floats(rows.get(1))).containsExactly(1, 2, 3, 5, 7, 9);
    assertThat(floats(columns.get(0))).containsExactly(6, 15);
    assertThat(floats(columns.get(1))).containsExactly(6, 5, 3, 15, 11, 6);
  }

  @Test
  void scanKnowsTheLengthOfWhatItStacks() {
    GraphBuilder graph = new GraphBuilder("test");
    ValueId state = graph.input("state", TensorType.of(DType.FLOAT32, 2));
    ValueId x = graph.input("x", TensorType.of(DType.FLOAT32, Shape.of(Dim.symbol("T"), Dim.of(2))));
    List<ValueId> y = graph.add("scan", new Scan(scanBody(), 1, 0, List.of(), List.of(), List.of(), List.of()),
        List.of(state, x), List.of("sum", "sums"));

    assertThat(y).extracting(id -> graph.type(id).toString()).containsExactly("float32[2]", "float32[T, 2]");
  }

  @Test
  void sequenceMapReadsSequencesSideBySide() {
    GraphBuilder body = new GraphBuilder("body");
    ValueId a = body.input("a", FLOATS);
    ValueId b = body.input("b", FLOATS);
    Op op = new SequenceMap(body.output("sum", body.add(new Add(), a, b)).build(), 0);
    Datum first = Sequences.of(List.of(floats(1), floats(2)));

    Datum.Sequence both = (Datum.Sequence) run(op, 1, first, first).getFirst();
    Datum.Sequence one = (Datum.Sequence) run(op, 1, first, floats(10)).getFirst();

    assertThat(both.elements()).extracting(y -> floats(y)[0]).containsExactly(2f, 4f);
    assertThat(one.elements()).extracting(y -> floats(y)[0]).containsExactly(11f, 12f);
  }

  @Test
  void sequencesAreBuiltChangedAndRead() {
    Datum empty = run(new SequenceEmpty(DType.FLOAT32), 1).getFirst();
    Datum one = run(new SequenceInsert(), 1, empty, floats(1)).getFirst();
    Datum two = run(new SequenceInsert(), 1, one, floats(2, 3), Tensor.scalar(-1L)).getFirst();
    Datum erased = run(new SequenceErase(), 1, two, Tensor.scalar(0L)).getFirst();

    assertThat(run(new SequenceLength(), 1, two)).extracting(n -> ((Tensor) n).getLong(0)).containsExactly(2L);
    assertThat(floats(run(new SequenceAt(), 1, two, Tensor.scalar(0L)).getFirst())).containsExactly(2, 3);
    assertThat(floats(run(new SequenceAt(), 1, erased, Tensor.scalar(-1L)).getFirst())).containsExactly(1);
    assertThat(floats(run(new ConcatFromSequence(0, false), 1, two).getFirst())).containsExactly(2, 3, 1);
    assertThatThrownBy(() -> run(new ConcatFromSequence(0, true), 1, two))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("tensor: float32[1, 1] (expected: like float32[2, 2] but for axis 0)");
    assertThatThrownBy(() -> run(new SequenceAt(), 1, two, Tensor.scalar(2L)))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("index: 2 (expected: -2 to 1)");
  }

  @Test
  void splitsToSequences() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);

    assertThat(parts(new SplitToSequence(1, true), x, Tensor.scalar(2L)))
        .containsExactly("float32[2, 2]", "float32[2, 1]");
    assertThat(parts(new SplitToSequence(1, true), x, Tensor.vector(1, 2)))
        .containsExactly("float32[2, 1]", "float32[2, 2]");
    assertThat(parts(new SplitToSequence(0, false), x)).containsExactly("float32[3]", "float32[3]");
  }

  private static List<String> parts(Op op, Tensor... inputs) {
    return ((Datum.Sequence) run(op, 1, inputs).getFirst()).elements().stream().map(y -> y.type().toString()).toList();
  }

  @Test
  void optionalsHoldAValueOrNone() {
    Datum none = run(new OptionalOf(Optional.of((ValueType) FLOATS)), 1).getFirst();
    Datum some = run(new OptionalOf(Optional.empty()), 1, floats(1)).getFirst();

    assertThat(((Tensor) run(new OptionalHasElement(), 1, none).getFirst()).getBoolean(0)).isFalse();
    assertThat(((Tensor) run(new OptionalHasElement(), 1, some).getFirst()).getBoolean(0)).isTrue();
    assertThat(floats(run(new OptionalGetElement(), 1, some).getFirst())).containsExactly(1);
    assertThatThrownBy(() -> run(new OptionalGetElement(), 1, none))
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("optional: no value (expected: a value)");
  }
}
