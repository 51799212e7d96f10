package portal

// Private seams of answers for the tests, which live in package portal_test.
var (
	ReplySubject = replySubject
	ThreadIndex  = threadIndex
)
