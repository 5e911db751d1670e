package dev.slipway.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignalTest {

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(delimiter = '|', textBlock = """
      HannWindow                 | int32[] 4                         | float32 0 0.5 1 0.5
      HannWindow periodic=0      | int32[] 3                         | float32 0 1 0
      HammingWindow periodic=0   | int64[] 3                         | float32 0.0869565 1 0.0869565
      BlackmanWindow periodic=0  | int64[] 3                         | float32 0 1 0
      HannWindow periodic=0      | int64[] 1                         | float32 0
      DFT                        | float32[1,4,1] 1 2 3 4            | float32[1,4,2] 10 0 -2 2 -2 0 -2 -2
      DFT onesided=1             | float32[1,4,1] 1 2 3 4            | float32[1,3,2] 10 0 -2 2 -2 0
      DFT inverse=1              | float32[1,4,2] 10 0 -2 2 -2 0 -2 -2 | float32[1,4,2] 1 0 2 0 3 0 4 0
      DFT inverse=1 onesided=1   | float32[1,3,2] 10 0 -2 2 -2 0     | float32[1,4,1] 1 2 3 4
      DFT                        | float32[3,1] 1 2 9; int64[] 2; int64[] 0 | float32[2,2] 3 0 -1 0
      DFT                        | float32[1,1] 5; int64[] 2         | float32[2,2] 5 0 5 0
      STFT                       | float32[1,4,1] 1 2 3 4; int64[] 2; float32 1 1 | float32[1,2,2,2] 3 0 -1 0 7 0 -1 0
      STFT onesided=0            | float32[1,2,1] 1 2; int64[] 1; -; int64[] 2 | float32[1,1,2,2] 3 0 -1 0
      EyeLike k=1                | int32[2,3] 0 0 0 0 0 0            | int32[2,3] 0 1 0 0 0 1
      EyeLike dtype=float64      | int32[1,2] 7 7                    | float64[1,2] 1 0
      Det                        | float32[2,2] 0 1 2 3              | float32[] -2
      Det                        | float32[2,2,2] 1 2 3 4 1 2 2 4    | float32[2] -2 0
      ai.onnx.ml.ArrayFeatureExtractor | float32[2,3] 1 2 3 4 5 6; int64 2 0 | float32[2,2] 3 1 6 4
      ai.onnx.ml.ArrayFeatureExtractor | float32 1 2 3; int64 1      | float32[1,1] 2
      ai.onnx.ml.LabelEncoder keys_int64s=1,2,2 values_floats=0.5,1,3 default_float=9 | int64 2 1 5 | float32 3 0.5 9
      ai.onnx.ml.LabelEncoder keys_floats=NaN,1 values_int64s=7,8 | float32 NaN 1 2 | int64 7 8 -1
      TfIdfVectorizer mode=TF min_gram_length=2 max_gram_length=2 max_skip_count=0 ngram_counts=0,4 ngram_indexes=0,1,2,3,4,5,6 pool_int64s=2,3,5,4,5,6,7,8,6,7 | int32[2,6] 1 1 3 3 3 7 8 6 7 5 6 8 | float32[2,7] 0 0 0 0 0 0 0 0 0 0 0 1 0 1
      TfIdfVectorizer mode=TF min_gram_length=1 max_gram_length=2 max_skip_count=5 ngram_counts=0,4 ngram_indexes=0,1,2,3,4,5,6 pool_int64s=2,3,5,4,5,6,7,8,6,7 | int32 1 1 3 3 3 7 8 6 7 5 6 8 | float32 0 3 1 0 1 3 1
      TfIdfVectorizer mode=IDF weights=2,4 min_gram_length=1 max_gram_length=1 max_skip_count=0 ngram_counts=0 ngram_indexes=1,0 pool_int64s=5,6 | int64 5 5 6 | float32 4 2
      """)
  void computes(String operator, String inputs, String outputs) {
    OperatorExamples.check(operator, inputs, outputs);
  }

  @Test
  void weighsMelBands() {
    Op op = OperatorTable.op("MelWeightMatrix");
    Tensor weights = OperatorTable.evaluate(
        op, OperatorTable.tensors("int32[] 8; int32[] 16; int32[] 8192; float32[] 0; float32[] 4096"), 1).getFirst();

    assertThat(weights.shape().known()).containsExactly(9, 8);
    assertThat(Arrays.copyOf(weights.toFloats(), 16))
        .containsExactly(1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0);
  }

  @Test
  void walksTrees() {
    Attributes attributes = Attributes.NONE
        .with("n_targets", 2)
        .with("tree_roots", List.of(0L))
        .with("nodes_featureids", List.of(0L, 0L, 0L))
        .with("nodes_splits", Tensor.of(new double[] {3.14, 1.2, 4.2}, 3))
        .with("nodes_modes", Tensor.allocate(DType.UINT8, 3))
        .with("nodes_truenodeids", List.of(1L, 0L, 2L))
        .with("nodes_trueleafs", List.of(0L, 1L, 1L))
        .with("nodes_falsenodeids", List.of(2L, 1L, 3L))
        .with("nodes_falseleafs", List.of(0L, 1L, 1L))
        .with("leaf_targetids", List.of(0L, 1L, 0L, 1L))
        .with("leaf_weights", Tensor.of(new double[] {5.23, 12.12, -12.23, 7.21}, 4));
    Op trees = TreeEnsemble.DEFINITION.create(attributes);
    Tensor x = Tensor.of(new double[] {1.2, 3.4, -0.12, 1.66, 4.14, 1.77}, 3, 2);

    Tensor y = OperatorTable.evaluate(trees, List.of(Optional.of(x)), 1).getFirst();

    assertThat(y.toDoubles()).containsExactly(5.23, 0, 5.23, 0, -12.23, 0);
    assertThat(TreeEnsemble.DEFINITION.create(trees.attributes())).isEqualTo(trees);
    assertThatThrownBy(() -> TreeEnsemble.DEFINITION.create(attributes.with("nodes_truenodeids", List.of(0L, 0L, 2L))))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessage("branch of node 0: 0 (expected: a node that is not above it)");
    assertThatThrownBy(() -> TreeEnsemble.DEFINITION.create(attributes.with("nodes_falsenodeids", List.of(2L, 1L, 4L))))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessage("branch of node 2: 4 (expected: 0 to 3)");
  }

  @Test
  void drawsFromDistributions() {
    Tensor normal = draw("RandomNormal shape=10000 mean=3 scale=2 seed=1", "");
    double mean = DoubleStream.of(normal.toDoubles()).average().orElseThrow();
    double variance = DoubleStream.of(normal.toDoubles()).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
    assertThat(mean).isBetween(2.9, 3.1);
    assertThat(variance).isBetween(3.8, 4.2);

    double[] uniform = draw("RandomUniform shape=10000 low=-1 high=3 seed=1 dtype=float64", "").toDoubles();
    assertThat(DoubleStream.of(uniform).average().orElseThrow()).isBetween(0.9, 1.1);
    assertThat(DoubleStream.of(uniform)).allMatch(x -> x >= -1 && x < 3);

    assertThat(draw("RandomUniformLike seed=2", "float32[2,3] 0 0 0 0 0 0").dims()).containsExactly(2, 3);
    assertThat(draw("Bernoulli dtype=bool", "float32 0 1").toLongs()).containsExactly(0, 1);
    assertThat(draw("Multinomial sample_size=4 dtype=int64", "float32[1,3] -1000 0 -1000").toLongs())
        .containsExactly(1, 1, 1, 1);
  }

  @Test
  void repeatsWhatASeedDraws() {
    String operator = "RandomNormal shape=4 seed=5";

    assertThat(draw(operator, "").toFloats()).isEqualTo(draw(operator, "").toFloats());
  }

  private static Tensor draw(String operator, String inputs) {
    List<Optional<Tensor>> tensors = inputs.isEmpty() ? List.of() : OperatorTable.tensors(inputs);
    return OperatorTable.evaluate(OperatorTable.op(operator), tensors, 1).getFirst();
  }

  @Test
  void refusesStrings() {
    assertThatThrownBy(() -> LabelEncoder.DEFINITION.create(
            Attributes.of("keys_strings", List.of("a")).with("values_int64s", List.of(1L))))
        .isInstanceOf(InvalidGraphException.class)
        .hasMessageContaining("numeric keys; Slipway does not store strings");
  }
}
