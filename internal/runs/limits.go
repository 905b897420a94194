package runs

import "cmae/internal/config"

// What a run may be asked for at most. The steps of all epochs together stay a number that its clocks and schedules can count.
const (
	MostEpochs = 1_000_000
	mostBatch  = 1 << 20
)

// CheckTrain refuses sizes of the section train, which every command that trains has, that no run can have.
func CheckTrain(epochs, batch int) error {
	return config.AtMost(
		config.Most{Key: "train.epochs", Value: epochs, Limit: MostEpochs},
		config.Most{Key: "train.batch_size", Value: batch, Limit: mostBatch},
	)
}
