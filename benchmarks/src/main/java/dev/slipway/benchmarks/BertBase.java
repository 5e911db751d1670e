package dev.slipway.benchmarks;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.operators.Network;
import dev.slipway.operators.Network.Layer;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;

/**
 * BERT-base (Devlin et al., arXiv 1810.04805) on token ids, with random weights: embeddings and 12 encoder layers of
 * hidden size 768 with 12 heads, a feed-forward size of 3072 and GELU by the error function. At sequence 128 it is
 * 11.2 G multiply-adds a sentence. The graph has the form in which PyTorch exports it.
 */
final class BertBase {
  static final String IDS = "input_ids";
  static final String MASK = "attention_mask";
  static final String TYPES = "token_type_ids";
  private static final int LAYERS = 12;
  private static final int HIDDEN = 768;
  private static final int HEADS = 12;
  private static final int FEED_FORWARD = 3072;
  private static final int WORDS = 30522;
  private static final float EPSILON = 1e-12f;
  /** Added to the scores of tokens that are masked out. */
  private static final float MASKED = -10000;

  private final RandomWeights weights = new RandomWeights(12);
  private final Network network = new Network("bert-base");
  private final long batch;
  private final long sequence;

  private BertBase(long batch, long sequence) {
    this.batch = batch;
    this.sequence = sequence;
  }

  /** The network for so many sentences of so many tokens. */
  static Graph graph(long batch, long sequence) {
    return new BertBase(batch, sequence).build();
  }

  private Graph build() {
    TensorType tokens = TensorType.of(DType.INT64, batch, sequence);
    Layer ids = network.input(IDS, tokens);
    Layer mask = network.input(MASK, tokens);
    Layer types = network.input(TYPES, tokens);
    Layer masked = masked(mask);
    Layer x = normalized(rows(WORDS, ids).add(rows(2, types)).add(weights.spread(0.02, 1, sequence, HIDDEN)));
    for (int layer = 0; layer < LAYERS; layer++) {
      x = normalized(dense(attention(x, masked), HIDDEN, HIDDEN).add(x));
      x = normalized(dense(gelu(dense(x, HIDDEN, FEED_FORWARD)), FEED_FORWARD, HIDDEN).add(x));
    }
    return x.output("last_hidden_state");
  }

  private Layer rows(int count, Layer ids) {
    Layer table = network.constant("embeddings", weights.spread(0.02, count, HIDDEN));
    return network.add("Gather", Attributes.of("axis", 0), table, ids);
  }

  /** N×1×1×S: zero where a token counts, a large negative number where it does not. */
  private Layer masked(Layer mask) {
    Layer counts = network.add("Cast", Attributes.of("to", 1), mask.reshape(batch, 1, 1, sequence));
    return network.add("Sub", Attributes.NONE, network.constant("one", Tensor.scalar(1f)), counts)
        .mul(Tensor.scalar(MASKED));
  }

  private Layer attention(Layer x, Layer masked) {
    Layer query = heads(dense(x, HIDDEN, HIDDEN)).transpose(0, 2, 1, 3);
    Layer key = heads(dense(x, HIDDEN, HIDDEN)).transpose(0, 2, 3, 1);
    Layer value = heads(dense(x, HIDDEN, HIDDEN)).transpose(0, 2, 1, 3);
    Layer scale = network.constant("scale", Tensor.scalar((float) Math.sqrt(HIDDEN / HEADS)));
    Layer scores = network.add("Div", Attributes.NONE, query.matMul(key), scale).add(masked);
    return scores.softmax().matMul(value).transpose(0, 2, 1, 3).reshape(batch, sequence, HIDDEN);
  }

  private Layer heads(Layer x) {
    return x.reshape(batch, sequence, HEADS, HIDDEN / HEADS);
  }

  private Layer dense(Layer x, int inputs, int outputs) {
    return x.matMul(weights.matrix(inputs, outputs)).add(weights.uniform(-0.1, 0.1, outputs));
  }

  /** x/2 · (1 + erf(x/√2)). */
  private Layer gelu(Layer x) {
    Layer root = network.constant("root", Tensor.scalar((float) Math.sqrt(2)));
    Layer erf = network.add("Erf", Attributes.NONE, network.add("Div", Attributes.NONE, x, root));
    return x.mul(erf.add(Tensor.scalar(1f))).mul(Tensor.scalar(0.5f));
  }

  private Layer normalized(Layer x) {
    return x.layerNormalization(weights.uniform(0.8, 1.2, HIDDEN), weights.uniform(-0.1, 0.1, HIDDEN), EPSILON);
  }
}
