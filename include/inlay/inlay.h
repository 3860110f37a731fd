#ifndef INLAY_INLAY_H
#define INLAY_INLAY_H
/* inlay for programs in C: C11, and valid C++. Of the C library it needs memcpy, memmove, memset and memcmp, which
 * compilers ask of every program, and nothing else where the interface was made without files and threads.
 *
 * A model is a C++ type. The CMake function inlay_add_c_interface(NAME HEADER model.hpp TRAINER type) makes of it a
 * static library and a header NAME.h that holds nothing but C: byte counts as macros, and the functions below with the
 * NAME in front. One program may have several models.
 *
 *   #include "writer.h"
 *
 *   static INLAY_ALIGNED unsigned char memory[WRITER_TRAINER_BYTES];
 *
 *   inlay_error error;
 *   writer_trainer* trainer;
 *   if (writer_trainer_create(memory, sizeof memory, 1, &trainer, &error) != INLAY_OK) return complain(error.text);
 *   inlay_optimizer optimizer = inlay_adamw(1e-3f);
 *   inlay_batch batch = {.rows = 64, .tokens = inputs, .labels = labels};
 *   if (writer_trainer_step(trainer, &batch, &optimizer, &report, &error) != INLAY_OK) return complain(error.text);
 *
 * Every object lies in memory that the caller gives to its create function; nothing is allocated (but for threads and
 * files, where the interface was made with them). That memory is the object until destroy, or until the caller uses it
 * for something else: without threads destroy releases nothing. Objects must not be moved or copied. One object is used
 * by one thread at a time. A trainer and all that was made by create_on with it count as one object: they share its
 * weights. Objects that use one block of weights are independent of each other as long as nobody writes it.
 *
 * Arguments are checked in every build. A function that fails returns another status than INLAY_OK and writes a whole
 * sentence to `error`, which may be NULL; everything but what its description names is then as it was. What no library
 * can check stays with the caller: that a pointer that is not NULL points to as much as it should, that a handle comes
 * from its create function and its memory is still there, and that a NAME.h is that of the library which is linked.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What every memory given to inlay is aligned to. INLAY_ALIGNED stands among the words before the type, in any order,
 * in C and in C++: alignas of C++ may not. */
#define INLAY_ALIGNMENT 64
#if defined(__GNUC__)
#define INLAY_ALIGNED __attribute__((aligned(INLAY_ALIGNMENT)))
#elif defined(_MSC_VER)
#define INLAY_ALIGNED __declspec(align(64))
#elif defined(__cplusplus)
#define INLAY_ALIGNED alignas(INLAY_ALIGNMENT)
#else
#define INLAY_ALIGNED _Alignas(INLAY_ALIGNMENT)
#endif

/* ---- Status and error text ---- */

typedef int inlay_status;
enum {
  INLAY_OK = 0,
  INLAY_NULL_POINTER,      /* an argument that must point somewhere is NULL */
  INLAY_NOT_AN_OBJECT,     /* the handle is no object of this kind, model and executor, or it was destroyed */
  INLAY_MEMORY_TOO_SMALL,  /* the memory has fewer bytes than NAME_..._BYTES */
  INLAY_MEMORY_MISALIGNED, /* the memory does not begin at a multiple of INLAY_ALIGNMENT */
  INLAY_OUT_OF_RANGE,      /* a token or label that the model does not have */
  INLAY_WRONG_BATCH,       /* rows, offsets or arrays of a batch do not fit the model */
  INLAY_WRONG_SETTING,     /* a field of an optimizer, of a sampling or of a number of threads */
  INLAY_TOO_EARLY,         /* another call has to come first */
  INLAY_CONTEXT_FULL,      /* more tokens than there is room for */
  INLAY_WRONG_BLOCK,       /* a memory block of another model, kind, version, size or byte order */
  INLAY_DAMAGED_BLOCK,     /* a memory block whose checksum is another than when it was written */
  INLAY_FILE_FAILED,       /* a file: the sentence names it and says what is wrong */
  INLAY_SYSTEM_FAILED,     /* the system gave no memory or no threads */
  INLAY_MEMORY_OVERLAPS    /* what would be written lies where something else does that is needed */
};

#define INLAY_ERROR_TEXT 512

typedef struct inlay_error {
  inlay_status status;         /* of the last call that was given this struct */
  char text[INLAY_ERROR_TEXT]; /* ends with a zero; empty after a success; cut off where it would not fit */
} inlay_error;

/* ---- What a model is ---- */

typedef struct inlay_description {
  size_t vocabulary;   /* tokens that the model reads; 0 where it reads numbers */
  size_t input_width;  /* numbers in a row that the model reads; 0 where it reads tokens */
  size_t output_width; /* numbers in a row that the model gives: logits of a language model, for example */
  size_t context;      /* rows of the longest sequence */
  /* Bytes of memory, as the macros in NAME.h; 0 for what this interface does not have. All are multiples of the
   * alignment: in an array of such memories each is aligned where the first is. */
  size_t weights_bytes;    /* NAME_WEIGHTS_BYTES: a block with weights */
  size_t predictor_bytes;  /* NAME_PREDICTOR_BYTES */
  size_t generator_bytes;  /* NAME_GENERATOR_BYTES */
  size_t trainer_bytes;    /* NAME_TRAINER_BYTES: all that training needs */
  size_t checkpoint_bytes; /* NAME_CHECKPOINT_BYTES: a block that training continues from */
  size_t alignment;        /* of all these: INLAY_ALIGNMENT */
} inlay_description;

/* ---- What is passed on ---- */

/* Packed sequences, one row after the other. What the model does not read stays NULL. */
typedef struct inlay_batch {
  size_t rows;             /* of all sequences together */
  const uint32_t* tokens;  /* a model that reads tokens: one a row */
  const float* inputs;     /* a model that reads numbers: input_width a row */
  const uint32_t* labels;  /* training: the token or class that each row should predict, or INLAY_IGNORED_LABEL */
  const float* targets;    /* training, where the loss compares numbers: output_width a row */
  const float* weights;    /* training: how much each row counts; NULL: all the same */
  const uint32_t* offsets; /* sequences + 1 numbers: sequence s has the rows offsets[s] up to offsets[s + 1] */
  size_t sequences;        /* with offsets; where offsets is NULL each sequence has as many rows as the context */
} inlay_batch;

/* The label of a row that counts neither in the loss nor in its weight. */
#define INLAY_IGNORED_LABEL UINT32_C(0xffffffff)

/* Formulas: <inlay/training/optimizer.hpp>. Begin with inlay_adamw(), inlay_adam(), ... Every field may change from one
 * update to the next. Where the kind does, moments and bias correction begin anew before that update: the moments of
 * one kind mean nothing to another. A checkpoint does not say of which kind its moments are: after a load nothing is
 * reset, and the first update should be of the kind that was used before.
 */
enum { INLAY_ADAMW = 1, INLAY_ADAM = 2, INLAY_SGD = 3, INLAY_LION = 4 };

typedef struct inlay_optimizer {
  int kind;            /* INLAY_ADAMW, INLAY_ADAM, INLAY_SGD or INLAY_LION */
  float learning_rate; /* at least 0 */
  float beta1;         /* all but SGD: at least 0, less than 1 */
  float beta2;         /* all but SGD: at least 0, less than 1 */
  float epsilon;       /* Adam, AdamW: greater than 0 */
  float momentum;      /* SGD: at least 0, less than 1 */
  float weight_decay;  /* at least 0; AdamW, Lion: decoupled, of matrices only; else added to the gradient */
  float clip_norm;     /* the longest gradient; 0: any */
} inlay_optimizer;

static inline inlay_optimizer inlay_adamw(float learning_rate) {
  inlay_optimizer optimizer = {INLAY_ADAMW, 0.0f, 0.9f, 0.999f, 1e-8f, 0.0f, 0.01f, 0.0f};
  optimizer.learning_rate = learning_rate;
  return optimizer;
}
static inline inlay_optimizer inlay_adam(float learning_rate) {
  inlay_optimizer optimizer = {INLAY_ADAM, 0.0f, 0.9f, 0.999f, 1e-8f, 0.0f, 0.0f, 0.0f};
  optimizer.learning_rate = learning_rate;
  return optimizer;
}
static inline inlay_optimizer inlay_sgd(float learning_rate) {
  inlay_optimizer optimizer = {INLAY_SGD, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
  optimizer.learning_rate = learning_rate;
  return optimizer;
}
static inline inlay_optimizer inlay_lion(float learning_rate) {
  inlay_optimizer optimizer = {INLAY_LION, 0.0f, 0.9f, 0.99f, 0.0f, 0.0f, 0.0f, 0.0f};
  optimizer.learning_rate = learning_rate;
  return optimizer;
}

/* A step whose gradient is not finite changes no weights: it is skipped, counted, and the report names a tensor. */
#define INLAY_TENSOR_NAME 128

typedef struct inlay_step_report {
  float loss;          /* mean over the rows, before the update */
  float gradient_norm; /* of the mean gradient, before clipping */
  uint64_t step;       /* updates asked for since the trainer was created, skipped ones included */
  uint64_t skipped_steps;
  int skipped; /* 1 where this one was */
  char skipped_tensor[INLAY_TENSOR_NAME];
} inlay_step_report;

/* Where a training is. After a load it is that of the checkpoint: a schedule of learning rates goes on from `step`. */
typedef struct inlay_training_state {
  uint64_t step; /* updates asked for since the trainer was created, skipped ones included */
  uint64_t skipped_steps;
  uint64_t seed; /* that of name_trainer_create */
} inlay_training_state;

/* How the next token is chosen, as <inlay/generation/sampling.hpp> describes. All-zero takes the likeliest token. */
enum { INLAY_STOP_AT_CONTEXT = 0, INLAY_KEEP_NEWEST_HALF = 1 };

typedef struct inlay_sampling {
  float temperature;        /* 0: always the likeliest */
  size_t top_k;             /* 0: all */
  float top_p;              /* 0 or 1: all */
  float repetition_penalty; /* 0 or 1: none */
  uint64_t seed;
  const uint32_t* stop; /* tokens that end the text; they are not delivered */
  size_t stop_count;
  int past_context; /* when a text grows past the context: INLAY_STOP_AT_CONTEXT or INLAY_KEEP_NEWEST_HALF */
} inlay_sampling;

/* ---- The functions of one model ---- */

/* Blocks: weights and checkpoints outside their objects, in the caller's memory, in flash, or sent over a line. A block
 * begins with 64 bytes that say what it is; a function that reads one checks kind, model, size, byte order and checksum
 * first. The checksum is a pass over the whole block, one multiplication a byte: name_predictor_create() and
 * name_generator_create() take that time at each call, and what writes a block does. create_on reads none.
 * A block with weights is used in place by predictors and generators, on every processor of the same byte order.
 * What writes a block needs no alignment of it, and what copies from it neither; what uses it in place does.
 *
 * "Of this model" is as much as the C++ type says of itself. inlay::Gpt has a fingerprint() of all that its outputs
 * depend on. A type without one is known by the names and shapes of its tensors alone: a block of the same tensors with
 * another activation between them is taken for its own. Give such a type a static fingerprint().
 *
 * The names below are those for INLAY_DECLARE_...(name). NAME.h declares what the interface was made with.
 */

/* name_describe()       the model's numbers.
 * name_weights_check()  whether `weights` is an undamaged block with weights of this model.
 */
#define INLAY_DECLARE_MODEL(name)          \
  inlay_description name##_describe(void); \
  inlay_status name##_weights_check(const void* weights, size_t bytes, inlay_error* error);

/* name_trainer_create()       an object in `memory`; weights begin as the seed says. *trainer is NULL after a failure.
 * name_trainer_destroy()      its end; NULL is allowed.
 * name_trainer_step()         accumulate, then update. `report` may be NULL.
 * name_trainer_accumulate()   forward and backward; adds to the gradients.
 * name_trainer_update()       applies the mean gradient of all that was accumulated.
 * name_trainer_discard()      forgets what was accumulated.
 * name_trainer_evaluate()     the mean loss of a batch, without dropout; nothing is trained.
 * name_trainer_state()        where the training is.
 * name_trainer_get_weights()  writes a block with the weights (NAME_WEIGHTS_BYTES).
 * name_trainer_set_weights()  takes the weights of a block; the optimizer's moments stay, what was accumulated goes.
 * name_trainer_save()         writes a block that training continues from (NAME_CHECKPOINT_BYTES), to the same bits.
 * name_trainer_load()         continues from such a block; what was accumulated goes.
 */
#define INLAY_DECLARE_TRAINER(name)                                                                                    \
  typedef struct name##_trainer name##_trainer;                                                                        \
  inlay_status name##_trainer_create(void* memory, size_t bytes, uint64_t seed, name##_trainer** trainer,              \
                                     inlay_error* error);                                                              \
  void name##_trainer_destroy(name##_trainer* trainer);                                                                \
  inlay_status name##_trainer_step(name##_trainer* trainer, const inlay_batch* batch,                                  \
                                   const inlay_optimizer* optimizer, inlay_step_report* report, inlay_error* error);   \
  inlay_status name##_trainer_accumulate(name##_trainer* trainer, const inlay_batch* batch, inlay_error* error);       \
  inlay_status name##_trainer_update(name##_trainer* trainer, const inlay_optimizer* optimizer,                        \
                                     inlay_step_report* report, inlay_error* error);                                   \
  inlay_status name##_trainer_discard(name##_trainer* trainer, inlay_error* error);                                    \
  inlay_status name##_trainer_evaluate(name##_trainer* trainer, const inlay_batch* batch, float* loss,                 \
                                       inlay_error* error);                                                            \
  inlay_status name##_trainer_state(const name##_trainer* trainer, inlay_training_state* state, inlay_error* error);   \
  inlay_status name##_trainer_get_weights(const name##_trainer* trainer, void* weights, size_t bytes,                  \
                                          inlay_error* error);                                                         \
  inlay_status name##_trainer_set_weights(name##_trainer* trainer, const void* weights, size_t bytes,                  \
                                          inlay_error* error);                                                         \
  inlay_status name##_trainer_save(const name##_trainer* trainer, void* checkpoint, size_t bytes, inlay_error* error); \
  inlay_status name##_trainer_load(name##_trainer* trainer, const void* checkpoint, size_t bytes, inlay_error* error);

/* A predictor computes whole sequences: all rows of output for all rows of input.
 *
 * name_predictor_create()  an object in `memory`. The weights of a block are used in place: it must outlive the object.
 * name_predictor_run()     output_width numbers for each row of a batch without labels, targets and weights. `count` is
 *                          how many numbers `outputs` has room for. Sequences run one after the other.
 */
#define INLAY_DECLARE_PREDICTOR(name)                                                                         \
  typedef struct name##_predictor name##_predictor;                                                           \
  inlay_status name##_predictor_create(void* memory, size_t bytes, const void* weights, size_t weights_bytes, \
                                       name##_predictor** predictor, inlay_error* error);                     \
  void name##_predictor_destroy(name##_predictor* predictor);                                                 \
  inlay_status name##_predictor_run(name##_predictor* predictor, const inlay_batch* batch, float* outputs,    \
                                    size_t count, inlay_error* error);

/* A generator writes with a language model, one token's work for one token: it remembers what it has read and written.
 *
 * name_generator_create()  as name_predictor_create.
 * name_generator_reset()   forgets what was read: the same prompt and seed give the same text again.
 * name_generator_read()    reads a prompt; nothing of it where it does not fit into the context (INLAY_CONTEXT_FULL).
 * name_generator_logits()  of the token after the last one that was read; `count` is the vocabulary.
 * name_generator_write()   reads a prompt (NULL and 0 to go on), then writes up to `count` tokens. *written is less
 *                          after a stop token, and where the context is full. One token at a time, `count` = 1, gives
 *                          the same text.
 */
#define INLAY_DECLARE_GENERATOR(name)                                                                                  \
  typedef struct name##_generator name##_generator;                                                                    \
  inlay_status name##_generator_create(void* memory, size_t bytes, const void* weights, size_t weights_bytes,          \
                                       name##_generator** generator, inlay_error* error);                              \
  void name##_generator_destroy(name##_generator* generator);                                                          \
  inlay_status name##_generator_reset(name##_generator* generator, inlay_error* error);                                \
  inlay_status name##_generator_read(name##_generator* generator, const uint32_t* prompt, size_t prompt_count,         \
                                     inlay_error* error);                                                              \
  inlay_status name##_generator_logits(const name##_generator* generator, float* logits, size_t count,                 \
                                       inlay_error* error);                                                            \
  inlay_status name##_generator_write(name##_generator* generator, const uint32_t* prompt, size_t prompt_count,        \
                                      const inlay_sampling* sampling, uint32_t* tokens, size_t count, size_t* written, \
                                      inlay_error* error);

/* With a trainer: the same objects on its own weights, as they are at each call. The trainer must outlive them. What a
 * generator remembers of a text was computed with the weights of the time when it was read: after the weights have
 * changed, by an update, set_weights or a load, name_generator_reset() is due before it reads or writes on.
 */
#define INLAY_DECLARE_PREDICTOR_OF_TRAINER(name)                                                     \
  inlay_status name##_predictor_create_on(void* memory, size_t bytes, const name##_trainer* trainer, \
                                          name##_predictor** predictor, inlay_error* error);
#define INLAY_DECLARE_GENERATOR_OF_TRAINER(name)                                                     \
  inlay_status name##_generator_create_on(void* memory, size_t bytes, const name##_trainer* trainer, \
                                          name##_generator** generator, inlay_error* error);

/* With inlay::io: safetensors files, little-endian everywhere, written atomically, read all or nothing.
 *
 * name_weights_load_file()  makes a block of the weights in a file, inlay's own or another tool's. After a failure
 *                           the memory is as it was. It is aligned.
 * name_weights_save_file()  writes a block with weights to a file.
 * name_trainer_save_file(), name_trainer_load_file()   a checkpoint of the training.
 */
#define INLAY_DECLARE_WEIGHTS_FILES(name)                                                                   \
  inlay_status name##_weights_load_file(void* weights, size_t bytes, const char* path, inlay_error* error); \
  inlay_status name##_weights_save_file(const void* weights, size_t bytes, const char* path, inlay_error* error);
#define INLAY_DECLARE_TRAINER_FILES(name)                                                                     \
  inlay_status name##_trainer_save_file(const name##_trainer* trainer, const char* path, inlay_error* error); \
  inlay_status name##_trainer_load_file(name##_trainer* trainer, const char* path, inlay_error* error);

/* With inlay::tbb an object runs on as many threads as the program allows, from its creation on; destroy releases them.
 * name_..._use_threads() gives it that many of its own. The results have the same bits for any number.
 */
#define INLAY_DECLARE_TRAINER_THREADS(name) \
  inlay_status name##_trainer_use_threads(name##_trainer* trainer, size_t threads, inlay_error* error);
#define INLAY_DECLARE_PREDICTOR_THREADS(name) \
  inlay_status name##_predictor_use_threads(name##_predictor* predictor, size_t threads, inlay_error* error);
#define INLAY_DECLARE_GENERATOR_THREADS(name) \
  inlay_status name##_generator_use_threads(name##_generator* generator, size_t threads, inlay_error* error);

#ifdef __cplusplus
}
#endif
#endif
